import { amountOf, type Answer } from './answers.ts'
import {
  askElasticsearch,
  askExemplars,
  askLoki,
  askPrometheus,
  askServiceMap,
  askTempo,
  type BackEnds,
  type Exemplar,
  type Range,
} from './back-ends.ts'
import type { Annotation, Dashboard, Panel, Target } from './dashboards.ts'
import { choose, fill, type Chosen, type Language } from './fill.ts'

/** One query of a panel as it was asked, and its answer or what went wrong with it. */
export type TargetAnswer = {
  target: Target
  query: string
  answer?: Answer
  exemplars?: readonly Exemplar[]
  fault?: string
}

/** What became of one panel: how much its queries answered, or what went wrong with them. */
export type PanelAnswer = {
  panel: Panel
  found: number
  faults: readonly string[]
  targets: readonly TargetAnswer[]
}

export type AnnotationAnswer = Omit<TargetAnswer, 'target' | 'exemplars'> & { annotation: Annotation }

export type DashboardAnswer = {
  dashboard: Dashboard
  chosen: Chosen
  panels: readonly PanelAnswer[]
  annotations: readonly AnnotationAnswer[]
}

type Asked = { backEnds: BackEnds; range: Range }

const LANGUAGES: readonly string[] = ['prometheus', 'loki', 'tempo', 'elasticsearch'] satisfies Language[]

const languageOf = ({ datasource }: Pick<Target, 'datasource'>): Language => {
  const type = datasource?.type ?? ''
  if (!LANGUAGES.includes(type)) throw new Error(`no data source that can be asked: ${datasource?.type}`)
  return type as Language
}

/** The text of a query with its variables filled in, as its store gets it. */
export const filledQuery = (target: Target, chosen: Chosen, range: Range): string =>
  fill(target.expr ?? target.query ?? '', chosen, languageOf(target), range)

/** Instant queries look at the last moment, and the others at the whole range. */
const askTarget = (target: Target, query: string, { backEnds, range }: Asked): Promise<Answer> => {
  const { queryType, instant = false } = target
  const language = languageOf(target)
  switch (language) {
    case 'prometheus':
      return askPrometheus(backEnds.prometheus, query, instant, range)
    case 'loki':
      return askLoki(backEnds.loki, query, queryType === 'instant', range)
    case 'tempo':
      return queryType === 'serviceMap'
        ? askServiceMap(backEnds.prometheus, range)
        : askTempo(backEnds.tempo, query, range)
    case 'elasticsearch':
      return askElasticsearch(backEnds.elasticsearch, query, range, target.bucketAggs)
    default:
      return language satisfies never
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const answerOf = async (target: Target, chosen: Chosen, asked: Asked): Promise<TargetAnswer> => {
  const text = target.expr ?? target.query ?? ''
  try {
    const query = filledQuery(target, chosen, asked.range)
    const answer = await askTarget(target, query, asked)
    const exemplars = target.exemplar === true ? await askExemplars(asked.backEnds.prometheus, query, asked.range) : []
    return { target, query, answer, exemplars }
  } catch (error) {
    return { target, query: text, fault: `${target.refId}: ${messageOf(error)} ← ${text}` }
  }
}

const askPanel = async (panel: Panel, chosen: Chosen, asked: Asked): Promise<PanelAnswer> => {
  const targets: TargetAnswer[] = []
  for (const target of panel.targets) targets.push(await answerOf(target, chosen, asked))
  return {
    panel,
    found: targets.reduce((sum, { answer }) => sum + (answer === undefined ? 0 : amountOf(answer)), 0),
    faults: targets.flatMap(({ fault }) => fault ?? []),
    targets,
  }
}

const askAnnotation = async (annotation: Annotation, chosen: Chosen, asked: Asked): Promise<AnnotationAnswer> => {
  const target: Target = { refId: annotation.name, datasource: annotation.datasource, expr: annotation.expr }
  const { target: _, exemplars: __, ...answered } = await answerOf(target, chosen, asked)
  return { annotation, ...answered }
}

type Given = { given: Readonly<Record<string, string>> }

/** Asks every query of a dashboard, as its page does when it is opened; `given` are values of its variables. */
export const askDashboard = async (dashboard: Dashboard, o: Asked & Given): Promise<DashboardAnswer> => {
  const chosen = await choose(dashboard.variables, o)
  const panels: PanelAnswer[] = []
  for (const panel of dashboard.panels) panels.push(await askPanel(panel, chosen, o))
  const annotations: AnnotationAnswer[] = []
  // What Grafana draws by itself asks no store.
  for (const annotation of dashboard.annotations) {
    if (annotation.expr !== undefined) annotations.push(await askAnnotation(annotation, chosen, o))
  }
  return { dashboard, chosen, panels, annotations }
}
