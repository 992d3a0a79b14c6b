import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { z } from 'zod'

const root = fileURLToPath(new URL('../', import.meta.url))

const dashboard = z.object({ uid: z.string(), title: z.string(), description: z.string() })
const rule = z.union([
  z.object({
    alert: z.string(),
    labels: z.object({ severity: z.string() }),
    annotations: z.object({ summary: z.string() }),
  }),
  z.object({ record: z.string() }),
])
const rules = z.object({ groups: z.array(z.object({ rules: z.array(rule) })) })

export type Dashboard = {
  readonly file: string
  readonly uid: string
  readonly title: string
  readonly question: string
}

export type Alert = {
  readonly name: string
  readonly file: string
  readonly severities: readonly string[]
  readonly summary: string
}

/** Files of this room, as they are called from its README and as they are read. */
export const filesOf = async (pattern: string): Promise<{ file: string; path: string }[]> =>
  (await Array.fromAsync(glob(pattern, { cwd: root }))).toSorted().map((file) => ({ file, path: join(root, file) }))

/** The question that a dashboard answers is what stands out in its description. */
export const readDashboards = async (): Promise<Dashboard[]> => {
  const found = await filesOf('grafana/dashboards/**/*.json')
  return Promise.all(
    found.map(async ({ file, path }) => {
      const { uid, title, description } = dashboard.parse(JSON.parse(await readFile(path, 'utf8')))
      return { file, uid, title, question: /\*\*(.+?)\*\*/s.exec(description)?.[1] ?? description }
    }),
  )
}

/** One per name: the rules of an alert differ in how bad it is. */
export const readAlerts = async (): Promise<Alert[]> => {
  const alerts = new Map<string, Alert>()
  for (const { file, path } of await filesOf('{prometheus/rules,loki/rules/*}/*.yml')) {
    const { groups } = rules.parse(parse(await readFile(path, 'utf8')))
    for (const each of groups.flatMap((group) => group.rules)) {
      if (!('alert' in each)) continue
      const { severities = [], summary = each.annotations.summary } = alerts.get(each.alert) ?? {}
      alerts.set(each.alert, {
        name: each.alert,
        file,
        severities: [...new Set([...severities, each.labels.severity])].toSorted(),
        summary,
      })
    }
  }
  return [...alerts.values()]
}
