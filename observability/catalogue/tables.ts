import { basename } from 'node:path'
import type { Alert, Dashboard } from './assets.ts'
import { services, type Catalogue, type Metric } from './catalogue.ts'
import type { CataloguedEvent } from './events.ts'

const BEGIN = '<!-- catalogue:begin -->'
const END = '<!-- catalogue:end -->'

export type Contents = {
  readonly catalogue: Catalogue
  readonly events: readonly CataloguedEvent[]
  readonly dashboards: readonly Dashboard[]
  readonly alerts: readonly Alert[]
}

const cell = (text: string): string => text.replaceAll(/\s+/g, ' ').trim().replaceAll('|', '\\|')

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n')

const code = (text: string): string => `\`${text}\``

/** What Prometheus fills in when an alert fires. */
const blanks = (summary: string): string =>
  summary
    .replaceAll(/\{\{\s*\$labels\.(\w+)[^}]*\}\}/g, '‹$1›')
    .replaceAll(/\{\{[^}]*\$value[^}]*\}\}/g, '‹value›')
    .replaceAll(/\{\{[^}]*\}\}/g, '')

const metricRow = ({ name, type, labels, from, help }: Metric): string[] => [
  code(name),
  type,
  labels.map(code).join(' '),
  from.length === services.length ? 'all' : from.join(', '),
  help,
]

const metricTables = (metrics: readonly Metric[]): string[] =>
  [...Map.groupBy(metrics, ({ topic }) => topic)].flatMap(([topic, group]) => [
    `#### ${topic}`,
    table(['metric', 'type', 'labels', 'from', 'tells'], group.map(metricRow)),
  ])

const catalogueOf = ({ catalogue, events, dashboards, alerts }: Contents): string =>
  [
    '### Dashboards',
    table(
      ['dashboard', 'uid', 'answers'],
      dashboards.map(({ file, uid, title, question }) => [`[${title}](${file})`, code(uid), question]),
    ),
    '### Alerts',
    table(
      ['alert and its runbook', 'severity', 'rules', 'says'],
      alerts.map(({ name, file, severities, summary }) => [
        `[${name}](runbooks/${name}.md)`,
        severities.join(', '),
        `[${basename(file, '.yml')}](${file})`,
        blanks(summary),
      ]),
    ),
    '### Events',
    table(
      ['event', 'topic', 'key', 'says'],
      events.map(({ type, topic, key, summary }) => [code(type), code(topic), key, summary]),
    ),
    '### Metrics of the services',
    'All have `service` and `instance` from the scrape besides.',
    ...metricTables(catalogue.ours),
    '### Metrics of others that dashboards and alerts read',
    ...metricTables(catalogue.others),
  ].join('\n\n')

/** The text with a new catalogue between its markers. @throws Error when it has no markers */
export const withCatalogue = (readme: string, contents: Contents): string => {
  const begin = readme.indexOf(BEGIN)
  const end = readme.indexOf(END)
  if (begin === -1 || end < begin) throw new Error(`no ${BEGIN} followed by ${END}`)
  return `${readme.slice(0, begin)}${BEGIN}\n\n${catalogueOf(contents)}\n\n${readme.slice(end)}`
}
