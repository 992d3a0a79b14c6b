import type { DashboardAnswer, PanelAnswer } from '../../ops/queries/ask.ts'
import type { TextAnswer } from '../../ops/queries/pages.ts'
import type { Finding } from '../part.ts'
import { EMPTY_IN_HEALTH, RECORDS_EMPTY_IN_HEALTH, type EmptyInHealth } from './empty-in-health.ts'
import type { Gathered } from './gather.ts'

/** Why a store is not in this run; a store that is in it has no entry, or none with a reason. */
export type Absent = Readonly<Record<string, string | undefined>>

type Judged = { listed: readonly EmptyInHealth[]; absent: Absent }

const counted = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`

const storesOf = ({ panel }: PanelAnswer): string[] => panel.targets.map(({ datasource }) => datasource?.type ?? '')

/** The store that keeps a panel from being proven, where there is one. */
const missing = (answered: PanelAnswer, absent: Absent): string | undefined =>
  storesOf(answered).find((store) => absent[store] !== undefined)

const panelFindings = (uid: string, answered: PanelAnswer, { listed, absent }: Judged): Finding[] => {
  const { panel, found, faults } = answered
  const store = missing(answered, absent)
  if (found > 0 && faults.length === 0) return []
  const what = `${uid}: ${panel.title}`
  if (store !== undefined) return [{ what, verdict: 'not proven', detail: `${store}: ${absent[store]}` }]
  if (faults.length > 0) return [{ what, verdict: 'failed', detail: faults.join('; ') }]
  const known = listed.some((one) => one.dashboard === uid && one.panel === panel.title)
  return known ? [] : [{ what, verdict: 'failed', detail: 'it is empty, and nothing says why it may be' }]
}

const variableFindings = ({ dashboard, chosen }: DashboardAnswer, absent: Absent): Finding[] =>
  dashboard.variables
    .filter(({ type, name }) => type === 'query' && (chosen.get(name) ?? []).length === 0)
    .map(({ name, datasource }) => {
      const why = absent[datasource?.type ?? '']
      const what = `${dashboard.uid}: the variable ${name}`
      return why === undefined
        ? { what, verdict: 'failed', detail: 'it has no value to choose' }
        : { what, verdict: 'not proven', detail: why }
    })

const annotationFindings = ({ dashboard, annotations }: DashboardAnswer, absent: Absent): Finding[] =>
  annotations.flatMap(({ annotation, fault }): Finding[] => {
    if (fault === undefined) return []
    const why = absent[annotation.datasource.type]
    const what = `${dashboard.uid}: the annotation ${annotation.name}`
    return [{ what, verdict: why === undefined ? 'failed' : 'not proven', detail: why ?? fault }]
  })

const dashboardFindings = (answered: DashboardAnswer, judged: Judged): Finding[] => {
  const { dashboard, panels, annotations } = answered
  const open = [
    ...panels.flatMap((panel) => panelFindings(dashboard.uid, panel, judged)),
    ...variableFindings(answered, judged.absent),
    ...annotationFindings(answered, judged.absent),
  ]
  if (open.length > 0) return open
  const queries = panels.reduce((sum, { targets }) => sum + targets.length, 0) + annotations.length
  const empty = panels.filter(({ found }) => found === 0).map(({ panel }) => panel.title)
  return [
    {
      what: `${dashboard.uid}: ${counted(queries, 'query').replace('querys', 'queries')} answered, ${counted(panels.length - empty.length, 'panel')} alive`,
      verdict: 'proven',
      ...(empty.length > 0 && { detail: `rightly empty: ${empty.join(', ')}` }),
    },
  ]
}

const LANGUAGES: Readonly<Record<TextAnswer['language'], string>> = {
  promql: 'prometheus',
  logql: 'loki',
  traceql: 'tempo',
  lucene: 'elasticsearch',
}

const KINDS: Readonly<Record<TextAnswer['kind'], string>> = {
  runbook: 'queries of runbooks',
  alert: 'conditions of alerts',
  record: 'expressions of recorded series',
}

const textFindings = (texts: readonly TextAnswer[], kind: TextAnswer['kind'], absent: Absent): Finding[] => {
  const asked = texts.filter((text) => text.kind === kind)
  const faulty = asked.filter(({ fault }) => fault !== undefined)
  const open = faulty.map(({ where, language, query, fault }): Finding => {
    const why = absent[LANGUAGES[language]]
    const what = `${where}: ${query.slice(0, 100)}`
    return { what, verdict: why === undefined ? 'failed' : 'not proven', detail: why ?? fault ?? '' }
  })
  const good: Finding = {
    what: `${asked.length - faulty.length} of ${asked.length} ${KINDS[kind]} answered`,
    verdict: 'proven',
  }
  return [...(asked.length > faulty.length ? [good] : []), ...open]
}

// A name is recorded by several rules, one for each kind of request; in one window not every kind is asked for.
const recordFindings = (texts: readonly TextAnswer[], absent: Absent): Finding[] => {
  const records = texts.filter(({ kind, fault }) => kind === 'record' && fault === undefined)
  const alive = new Set(records.filter(({ found }) => found > 0).map(({ where }) => where))
  const empty = [...new Set(records.map(({ where }) => where))].filter((name) => !alive.has(name))
  return empty
    .filter((name) => !RECORDS_EMPTY_IN_HEALTH.some((known) => name.startsWith(`${known}:`)))
    .map((name) => {
      const what = `the recorded series ${name}`
      const why = absent['prometheus']
      return why === undefined
        ? { what, verdict: 'failed', detail: 'its expression answers nothing, and nothing says why it may' }
        : { what, verdict: 'not proven', detail: why }
    })
}

/** What came of every query: a dashboard is one finding when all of it is well, else each panel that is not. */
export const judge = (
  { dashboards, texts }: Pick<Gathered, 'dashboards' | 'texts'>,
  { absent, listed = EMPTY_IN_HEALTH }: { absent: Absent; listed?: readonly EmptyInHealth[] },
): Finding[] => [
  ...dashboards.flatMap((dashboard) => dashboardFindings(dashboard, { absent, listed })),
  ...(['runbook', 'alert', 'record'] as const).flatMap((kind) => textFindings(texts, kind, absent)),
  ...recordFindings(texts, absent),
]
