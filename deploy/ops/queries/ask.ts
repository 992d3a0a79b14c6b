import { askElasticsearch, askLoki, askPrometheus, askTempo, type BackEnds, type Range } from './back-ends.ts'
import type { Dashboard, Panel, Target } from './dashboards.ts'
import { choose, fill, type Chosen } from './fill.ts'

/** What became of one panel: how much its queries answered, or what went wrong with them. */
export type PanelAnswer = { dashboard: string; panel: string; found: number; faults: readonly string[] }

type Asked = { backEnds: BackEnds; range: Range }

/** Instant queries look at the last moment, and the others at the whole range. */
const askTarget = (target: Target, chosen: Chosen, { backEnds, range }: Asked): Promise<number> => {
  const { datasource, expr = '', query = '', queryType, instant = false } = target
  switch (datasource?.type) {
    case 'prometheus':
      return askPrometheus(backEnds.prometheus, fill(expr, chosen, 'prometheus', range), instant, range)
    case 'loki':
      return askLoki(backEnds.loki, fill(expr, chosen, 'loki', range), queryType === 'instant', range)
    case 'tempo':
      // The service map is drawn from what the collector has counted.
      return queryType === 'serviceMap'
        ? askPrometheus(backEnds.prometheus, 'traces_service_graph_request_total', true, range)
        : askTempo(backEnds.tempo, fill(query, chosen, 'tempo', range), range)
    case 'elasticsearch':
      return askElasticsearch(backEnds.elasticsearch, fill(query, chosen, 'elasticsearch', range), range)
    case undefined:
    default:
      return Promise.reject(new Error(`no data source that can be asked: ${datasource?.type}`))
  }
}

const askPanel = async (dashboard: Dashboard, panel: Panel, chosen: Chosen, asked: Asked): Promise<PanelAnswer> => {
  const faults: string[] = []
  let found = 0
  for (const target of panel.targets) {
    try {
      found += await askTarget(target, chosen, asked)
    } catch (error) {
      const text = target.expr ?? target.query ?? ''
      faults.push(`${target.refId}: ${error instanceof Error ? error.message : String(error)} ← ${text}`)
    }
  }
  return { dashboard: dashboard.uid, panel: panel.title, found, faults }
}

/** Asks every query of a dashboard, as its page does when it is opened; `given` are values of its variables. */
export const askDashboard = async (
  dashboard: Dashboard,
  o: Asked & { given: Readonly<Record<string, string>> },
): Promise<PanelAnswer[]> => {
  const chosen = await choose(dashboard.variables, o)
  const answers: PanelAnswer[] = []
  for (const panel of dashboard.panels) answers.push(await askPanel(dashboard, panel, chosen, o))
  return answers
}
