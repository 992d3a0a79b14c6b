import { z } from 'zod'
import { amountOf } from '../../ops/queries/answers.ts'
import { filledQuery, type DashboardAnswer } from '../../ops/queries/ask.ts'
import { askJson, search } from '../../ops/queries/ask-json.ts'
import type { Range } from '../../ops/queries/back-ends.ts'
import type { Target } from '../../ops/queries/dashboards.ts'
import type { Finding } from '../part.ts'
import type { Gathered } from './gather.ts'

const TRACE_ID = /^[0-9a-f]{16,32}$/

const answered = z.object({
  results: z.record(
    z.string(),
    z.object({
      error: z.string().optional(),
      frames: z.array(z.object({ data: z.object({ values: z.array(z.array(z.unknown())) }).optional() })).optional(),
    }),
  ),
})

const traced = z.object({ traces: z.array(z.unknown()).optional(), batches: z.array(z.unknown()).optional() })

/** Asks as a panel does: one query to /api/ds/query, by the uid of its data source; answers how many values came. */
const askSource = async (grafana: string, target: Target, query: string, range: Range): Promise<number> => {
  const type = target.datasource?.type ?? ''
  const text = target.expr === undefined ? { query } : { expr: query }
  const body = {
    from: String(range.from * 1000),
    to: String(range.to * 1000),
    queries: [
      {
        ...target,
        ...text,
        datasource: { type, uid: type },
        intervalMs: range.stepSeconds * 1000,
        maxDataPoints: Math.ceil((range.to - range.from) / range.stepSeconds),
      },
    ],
  }
  const { results } = await askJson(answered, `${grafana}/api/ds/query`, body)
  const { error, frames = [] } = results[target.refId] ?? { error: 'no answer to this query' }
  if (error !== undefined) throw new Error(error)
  return frames.reduce((sum, { data }) => sum + (data?.values[0]?.length ?? 0), 0)
}

/** Tempo is asked by the page itself, past the server's own queries: through the proxy of the data source. */
const askThroughProxy = async (grafana: string, query: string, { from, to }: Range): Promise<number> => {
  const proxy = `${grafana}/api/datasources/proxy/uid/tempo/api`
  const path = TRACE_ID.test(query)
    ? `traces/${query}`
    : `search?${search({ q: query, start: from, end: to, limit: 20 })}`
  const { traces, batches } = await askJson(traced, `${proxy}/${path}`)
  return (traces ?? batches ?? []).length
}

const askTarget = (grafana: string, target: Target, query: string, range: Range): Promise<number> => {
  if (target.datasource?.type !== 'tempo') return askSource(grafana, target, query, range)
  if (target.queryType !== 'serviceMap') return askThroughProxy(grafana, query, range)
  const map = { refId: target.refId, datasource: { type: 'prometheus', uid: 'prometheus' }, expr: '', instant: true }
  return askSource(grafana, map, 'sum by (client, server) (traces_service_graph_request_total)', range)
}

const dashboardFinding = async (grafana: string, one: DashboardAnswer, range: Range): Promise<Finding[]> => {
  const open: Finding[] = []
  let asked = 0
  for (const { panel, targets } of one.panels) {
    for (const { target, answer } of targets) {
      // What its store refuses has been told already.
      if (answer === undefined) continue
      asked += 1
      const what = `Grafana, ${one.dashboard.uid}: ${panel.title} ${target.refId}`
      try {
        const values = await askTarget(grafana, target, filledQuery(target, one.chosen, range), range)
        if (values > 0 || amountOf(answer) === 0) continue
        open.push({ what, verdict: 'failed', detail: 'nothing comes through Grafana, though the store has it' })
      } catch (error) {
        open.push({ what, verdict: 'failed', detail: error instanceof Error ? error.message : String(error) })
      }
    }
  }
  const good: Finding = { what: `Grafana, ${one.dashboard.uid}: ${asked} queries answered`, verdict: 'proven' }
  return open.length > 0 ? open : [good]
}

const WHAT = 'the same queries through Grafana'

/** The queries of all panels once more, through a real Grafana where one answers. */
export const askThroughGrafana = async (grafana: string, { dashboards, range }: Gathered): Promise<Finding[]> => {
  try {
    await askJson(z.unknown(), `${grafana}/api/health`)
  } catch {
    const detail = `no Grafana answers at ${grafana}: install one from grafana.com, or let PHAROS_GRAFANA=api build one without pages, then start again`
    return [{ what: WHAT, verdict: 'not proven', detail }]
  }
  const findings: Finding[] = []
  for (const dashboard of dashboards) findings.push(...(await dashboardFinding(grafana, dashboard, range)))
  return findings
}
