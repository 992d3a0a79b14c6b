import { askDashboard } from '../../ops/queries/ask.ts'
import { failedRequest } from '../../ops/queries/back-ends.ts'
import { readDashboards, type Dashboard, type Target } from '../../ops/queries/dashboards.ts'
import type { Finding, Live } from '../part.ts'
import { absencesIn } from '../stores/present.ts'
import { EMPTY_IN_HEALTH, type EmptyInHealth } from './empty-in-health.ts'

const STEP_SECONDS = 15

// What looks at one moment would look at the end of the run, when everything is mended.
const overTime = (target: Target): Target => ({ ...target, ...(target.instant === true && { instant: false }) })

const onlyListed = (dashboard: Dashboard, listed: readonly EmptyInHealth[]): Dashboard => ({
  ...dashboard,
  panels: dashboard.panels
    .filter(({ title }) => listed.some(({ panel }) => panel === title))
    .map((panel) => ({ ...panel, targets: panel.targets.map(overTime) })),
  annotations: [],
})

type Alive = ReadonlyMap<string, { found: number; faults: readonly string[]; stores: readonly string[] }>

const keyOf = (dashboard: string, panel: string): string => `${dashboard}\n${panel}`

const askAlive = async ({ backEnds }: Live, from: number, to: number): Promise<Alive> => {
  const range = { from: Math.floor(from), to: Math.ceil(to), stepSeconds: STEP_SECONDS }
  // The panels of one request have something to say of one that failed.
  const request = await failedRequest(backEnds.elasticsearch, range).catch(() => undefined)
  const alive = new Map<string, { found: number; faults: readonly string[]; stores: readonly string[] }>()
  for (const dashboard of await readDashboards()) {
    const listed = EMPTY_IN_HEALTH.filter((one) => one.dashboard === dashboard.uid)
    if (listed.length === 0) continue
    const id = dashboard.uid === 'pharos-traces' ? request?.traceId : request?.correlationId
    const { panels } = await askDashboard(onlyListed(dashboard, listed), {
      given: { id: id ?? 'none' },
      backEnds,
      range,
    })
    for (const { panel, found, faults } of panels) {
      const stores = panel.targets.map(({ datasource }) => datasource?.type ?? '')
      alive.set(keyOf(dashboard.uid, panel.title), { found, faults, stores })
    }
  }
  return alive
}

/**
 * Asks the panels that are rightly empty in health again, over a run in which every fault was made: each must have come alive.
 * Times in seconds since 1970. `injected` are the faults that the run has made; a panel whose fault was not is not proven.
 */
export const askListed = async (
  live: Live,
  from: number,
  to: number,
  injected?: ReadonlySet<string>,
): Promise<Finding[]> => {
  const alive = await askAlive(live, from, to)
  const absent: Readonly<Record<string, string | undefined>> = await absencesIn(live)
  return EMPTY_IN_HEALTH.map(({ dashboard, panel, because, fault }): Finding => {
    const { found = 0, faults = [], stores = [] } = alive.get(keyOf(dashboard, panel)) ?? {}
    const what = `${dashboard}: ${panel} came alive`
    if (found > 0 && faults.length === 0) return { what, verdict: 'proven' }
    const why = stores.map((store) => absent[store]).find((reason) => reason !== undefined)
    if (why !== undefined) return { what, verdict: 'not proven', detail: why }
    if (fault === undefined) return { what, verdict: 'not proven', detail: `no fault can do it: ${because}` }
    if (injected?.has(fault) === false) return { what, verdict: 'not proven', detail: `the run did not make ${fault}` }
    return { what, verdict: 'failed', detail: faults[0] ?? `it stayed empty, though ${fault} was made` }
  })
}
