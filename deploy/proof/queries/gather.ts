import { askDashboard, type DashboardAnswer } from '../../ops/queries/ask.ts'
import type { LogLine } from '../../ops/queries/answers.ts'
import { askLoki, latestRequest, type BackEnds, type Range } from '../../ops/queries/back-ends.ts'
import { readDashboards } from '../../ops/queries/dashboards.ts'
import { askRules, askRunbooks, type TextAnswer } from '../../ops/queries/pages.ts'

export type Store = keyof BackEnds

/** Everything that was asked at one time, and what came back. */
export type Gathered = {
  range: Range
  dashboards: readonly DashboardAnswer[]
  texts: readonly TextAnswer[]
  /** Stores that did not answer at all, with the reason. */
  away: ReadonlyMap<Store, string>
  /** Why no request of just now could be looked up, when that is so. */
  noRequest?: string
}

const STEP_SECONDS = 15
/** A graph has about as many points as it has room for. */
const POINTS = 120

/** From one time to another, in seconds since 1970, aligned so that all stores meet in the same steps. */
export const rangeOf = (from: number, to: number): Range => {
  const stepSeconds = Math.max(STEP_SECONDS, Math.ceil((to - from) / POINTS / STEP_SECONDS) * STEP_SECONDS)
  return { from: Math.floor(from / stepSeconds) * stepSeconds, to: Math.floor(to), stepSeconds }
}

const READY: Readonly<Record<Store, string>> = {
  prometheus: '/-/ready',
  loki: '/ready',
  tempo: '/ready',
  elasticsearch: '/_cluster/health',
}

const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  // "fetch failed" says nothing; its cause does.
  return error.cause instanceof Error ? error.cause.message : error.message
}

/** The stores that do not answer. */
const storesAway = async (backEnds: BackEnds): Promise<Map<Store, string>> => {
  const away = new Map<Store, string>()
  for (const [store, path] of Object.entries(READY) as [Store, string][]) {
    try {
      const response = await fetch(`${backEnds[store]}${path}`, { signal: AbortSignal.timeout(5000) })
      await response.body?.cancel()
      if (!response.ok) away.set(store, `it answers ${response.status}`)
    } catch (error) {
      away.set(store, messageOf(error))
    }
  }
  return away
}

type Ids = { traceId: string; correlationId: string; noRequest?: string }

const NOBODY = 'none'

const idsOfNow = async (elasticsearch: string): Promise<Ids> => {
  try {
    return await latestRequest(elasticsearch)
  } catch (error) {
    const noRequest = messageOf(error)
    return { traceId: NOBODY, correlationId: NOBODY, noRequest }
  }
}

/** Asks every query of every dashboard, runbook and rule once, one after the other. */
export const gather = async (
  backEnds: BackEnds,
  range: Range,
  onDashboard: (uid: string) => void,
): Promise<Gathered> => {
  const { traceId, correlationId, noRequest } = await idsOfNow(backEnds.elasticsearch)
  const dashboards: DashboardAnswer[] = []
  for (const dashboard of await readDashboards()) {
    onDashboard(dashboard.uid)
    // One dashboard takes either id, the other a trace's.
    const given = { id: dashboard.uid === 'pharos-traces' ? traceId : correlationId }
    dashboards.push(await askDashboard(dashboard, { given, backEnds, range }))
  }
  const given = new Map(Object.entries({ service: ['users'], topic: ['pharos.users.v1'], id: [correlationId] }))
  const texts = [...(await askRunbooks({ backEnds, range, given })), ...(await askRules({ backEnds, range, given }))]
  return { range, dashboards, texts, away: await storesAway(backEnds), ...(noRequest !== undefined && { noRequest }) }
}

/** The lines that tell when a fault was injected and repaired; none where Loki does not answer. */
export const askFaultLines = async (backEnds: BackEnds, range: Range): Promise<readonly LogLine[]> => {
  try {
    const answer = await askLoki(backEnds.loki, '{service_name="faults"}', false, range)
    return answer.kind === 'lines' ? answer.lines : []
  } catch {
    // The report says of each store that is away that it is.
    return []
  }
}
