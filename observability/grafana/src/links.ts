import { DashboardLinkType, type DashboardLink } from '@grafana/grafana-foundation-sdk/dashboard'
import { sources } from './sources.ts'

export type Link = { readonly title: string; readonly url: string }

/** What a link takes along beside the variables it names: the time range and the data sources. */
const KEPT = ['${__url_time_range}', ...sources.map((source) => `\${${source}:queryparam}`)].join('&')

/**
 * To another dashboard. `keep` takes variables along as they are set here; `set` gives variables of the target a value, mostly
 * one of the point or row that was clicked: `${__field.labels.service}` in graphs, `${__data.fields.service}` in tables.
 */
export const toDashboard = (
  title: string,
  uid: string,
  { keep = [], set = {} }: { keep?: readonly string[]; set?: Readonly<Record<string, string>> } = {},
): Link => {
  const kept = keep.map((name) => `\${${name}:queryparam}`)
  const given = Object.entries(set).map(([name, value]) => `var-${name}=${value}`)
  return { title, url: `/d/${uid}?${[KEPT, ...kept, ...given].join('&')}` }
}

/** The label of the clicked series, and the column of the clicked row. */
export const labelOf = (name: string): string => `\${__field.labels.${name}}`
export const columnOf = (name: string): string => `\${__data.fields.${name}}`

export const toService = (service: string): Link =>
  toDashboard('This service in depth', 'pharos-service', { set: { service } })

/** Without a service, those that are chosen stay chosen. */
const ofService = (service: string | undefined): { keep?: string[]; set?: Record<string, string> } =>
  service === undefined ? { keep: ['service'] } : { set: { service } }

export const toTraces = (service?: string): Link =>
  toDashboard('Traces of this service', 'pharos-traces', ofService(service))

/** The lines of both log stores, with the filter of the panel that is left. */
export const toLogs = (service?: string, level = 'error'): Link[] => {
  const { keep = [], set = {} } = ofService(service)
  return [
    toDashboard('These lines in Loki', 'pharos-logs-loki', { keep, set: { ...set, level } }),
    toDashboard('These lines in Elasticsearch', 'pharos-logs-elastic', { keep, set: { ...set, level } }),
  ]
}

export const toRequest = (id: string): Link => toDashboard('All of this request', 'pharos-request', { set: { id } })

/** Needs the variable of `runbooksVariable()`. */
export const toRunbook = (alert: string): Link => ({ title: 'Runbook', url: `\${runbooks}/${alert}.md` })

/** A link as Grafana writes it, in the head of a dashboard as on a panel's points. */
export const linkOf = ({ title, url }: Link): DashboardLink => ({
  title,
  url,
  type: DashboardLinkType.Link,
  icon: 'external link',
  tooltip: '',
  tags: [],
  asDropdown: false,
  targetBlank: false,
  includeVars: false,
  keepTime: false,
})

/** The menu of all dashboards. */
export const menu = (): DashboardLink => ({
  ...linkOf({ title: 'Dashboards', url: '' }),
  type: DashboardLinkType.Dashboards,
  tags: ['pharos'],
  asDropdown: true,
  includeVars: true,
  keepTime: true,
})
