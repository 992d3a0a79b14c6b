import { glob, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

const FOLDER = fileURLToPath(new URL('../../../observability/grafana/dashboards/', import.meta.url))

const source = z.object({ type: z.string(), uid: z.string() })
const target = z.looseObject({
  refId: z.string(),
  datasource: source.optional(),
  expr: z.string().optional(),
  query: z.string().optional(),
  queryType: z.string().optional(),
  instant: z.boolean().optional(),
  exemplar: z.boolean().optional(),
  legendFormat: z.string().optional(),
  alias: z.string().optional(),
  bucketAggs: z.array(z.looseObject({ id: z.string(), type: z.string(), field: z.string().optional() })).optional(),
})
const field = z.looseObject({
  unit: z.string().optional(),
  decimals: z.number().optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  noValue: z.string().optional(),
  thresholds: z
    .looseObject({ steps: z.array(z.object({ value: z.number().nullable(), color: z.string() })) })
    .optional(),
  mappings: z
    .array(
      z.looseObject({
        type: z.string(),
        options: z.record(z.string(), z.looseObject({ text: z.string().optional(), color: z.string().optional() })),
      }),
    )
    .optional(),
  custom: z.looseObject({}).optional(),
})
const look = z.object({
  id: z.number(),
  description: z.string().optional(),
  type: z.string(),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  options: z.record(z.string(), z.unknown()).optional(),
  fieldConfig: z
    .object({
      defaults: field,
      overrides: z.array(
        z.object({
          matcher: z.object({ id: z.string(), options: z.unknown() }),
          properties: z.array(z.object({ id: z.string(), value: z.unknown() })),
        }),
      ),
    })
    .optional(),
  transformations: z.array(z.object({ id: z.string(), options: z.record(z.string(), z.unknown()) })).optional(),
})
const panel = look.extend({
  title: z.string().optional(),
  datasource: source.optional(),
  targets: z.array(target).optional(),
})
// A row that is closed holds panels; a panel holds none.
const panelOrRow = panel.extend({ panels: z.array(panel).optional() })
const variable = z.looseObject({
  name: z.string(),
  type: z.string(),
  query: z.union([z.string(), z.object({ query: z.string() })]).optional(),
  datasource: source.optional(),
  multi: z.boolean().optional(),
  includeAll: z.boolean().optional(),
  allValue: z.string().optional(),
  current: z.object({ value: z.union([z.string(), z.array(z.string())]) }).optional(),
})
const annotation = z.looseObject({
  name: z.string(),
  datasource: source,
  expr: z.string().optional(),
  iconColor: z.string().optional(),
  titleFormat: z.string().optional(),
  textFormat: z.string().optional(),
})
const dashboard = z.looseObject({
  uid: z.string(),
  title: z.string(),
  panels: z.array(panelOrRow),
  templating: z.object({ list: z.array(variable) }),
  annotations: z.object({ list: z.array(annotation) }),
})

export type Target = z.infer<typeof target>
export type Variable = z.infer<typeof variable>
export type Annotation = z.infer<typeof annotation>
export type FieldConfig = z.infer<typeof field>
export type Panel = z.infer<typeof look> & { title: string; targets: readonly Target[] }
/** What stands below one heading; the first may have none. */
export type Row = { title: string; panels: readonly Panel[] }
export type Dashboard = {
  uid: string
  title: string
  folder: string
  rows: readonly Row[]
  /** Those that ask for something. */
  panels: readonly Panel[]
  variables: readonly Variable[]
  annotations: readonly Annotation[]
}

const panelOf = ({ title = '', targets = [], datasource, ...one }: z.infer<typeof panel>): Panel => ({
  ...one,
  title,
  targets: targets.map((each) => ({ ...each, datasource: each.datasource ?? datasource })),
})

// A row that is closed holds its panels; one that is open stands before them.
const rowsOf = (panels: readonly z.infer<typeof panelOrRow>[]): Row[] => {
  const rows: { title: string; panels: Panel[] }[] = []
  for (const one of panels) {
    if (one.type === 'row') rows.push({ title: one.title ?? '', panels: (one.panels ?? []).map(panelOf) })
    else {
      if (rows.length === 0) rows.push({ title: '', panels: [] })
      rows.at(-1)?.panels.push(panelOf(one))
    }
  }
  return rows
}

/** The committed dashboards, by uid. */
export const readDashboards = async (): Promise<Dashboard[]> => {
  const found: Dashboard[] = []
  for await (const file of glob('*/*.json', { cwd: FOLDER })) {
    const parsed = dashboard.parse(JSON.parse(await readFile(`${FOLDER}${file}`, 'utf8')))
    const { uid, title, panels, templating, annotations } = parsed
    const rows = rowsOf(panels)
    found.push({
      uid,
      title,
      folder: dirname(file),
      rows,
      panels: rows.flatMap((row) => row.panels).filter(({ targets }) => targets.length > 0),
      variables: templating.list,
      annotations: annotations.list,
    })
  }
  return found.toSorted((a, b) => a.uid.localeCompare(b.uid))
}
