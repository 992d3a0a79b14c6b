import { glob, readFile } from 'node:fs/promises'
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
  bucketAggs: z.array(z.looseObject({ id: z.string(), type: z.string(), field: z.string().optional() })).optional(),
})
const panel = z.looseObject({
  title: z.string().optional(),
  type: z.string(),
  datasource: source.optional(),
  targets: z.array(target).optional(),
  get panels() {
    return z.array(panel).optional()
  },
})
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
const dashboard = z.looseObject({
  uid: z.string(),
  title: z.string(),
  panels: z.array(panel),
  templating: z.object({ list: z.array(variable) }),
})

export type Target = z.infer<typeof target>
export type Variable = z.infer<typeof variable>
export type Panel = { title: string; type: string; targets: readonly Target[] }
export type Dashboard = { uid: string; title: string; panels: readonly Panel[]; variables: readonly Variable[] }

type RawPanel = z.infer<typeof panel>

// A row that is closed holds its panels; one that is open stands before them.
const panelsOf = (panels: readonly RawPanel[]): Panel[] =>
  panels.flatMap((one) => [
    ...(one.targets === undefined ? [] : [{ title: one.title ?? '', type: one.type, targets: targetsOf(one) }]),
    ...panelsOf(one.panels ?? []),
  ])

const targetsOf = (one: RawPanel): Target[] =>
  (one.targets ?? []).map((each) => ({ ...each, datasource: each.datasource ?? one.datasource }))

/** The committed dashboards, by uid. */
export const readDashboards = async (): Promise<Dashboard[]> => {
  const found: Dashboard[] = []
  for await (const file of glob('*/*.json', { cwd: FOLDER })) {
    const { uid, title, panels, templating } = dashboard.parse(JSON.parse(await readFile(`${FOLDER}${file}`, 'utf8')))
    found.push({ uid, title, panels: panelsOf(panels), variables: templating.list })
  }
  return found.toSorted((a, b) => a.uid.localeCompare(b.uid))
}
