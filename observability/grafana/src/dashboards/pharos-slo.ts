import { readFileSync } from 'node:fs'
import { parseSlo, type ObjectiveName, type WindowPair } from '../../../slo/slo.ts'
import { dashboard, row } from '../dashboard.ts'
import { increase } from '../expressions.ts'
import { timeseries } from '../graphs.ts'
import { columnOf, labelOf, toDashboard, toRunbook, toService } from '../links.ts'
import { prom } from '../queries.ts'
import { happened } from '../rare.ts'
import { table } from '../tables.ts'
import { stat } from '../tiles.ts'
import { labelVariable, runbooksVariable, windowVariable } from '../variables.ts'

const slo = parseSlo(readFileSync(new URL('../../../prometheus/slo.yaml', import.meta.url), 'utf8'))
const { availability, latency, freshness, delivery } = slo.objectives

const OF = 'service=~"$service"'
const each = { slo: 'Promise', service: 'Service', sli: 'Of' }
const NAME = '{{slo}} {{service}} {{sli}}'
const REMAINING = `slo:error_budget_remaining:ratio{${OF}}`
const left = { warning: 0.5, critical: 0.1, below: true }

const percent = (ratio: number): string => `${Number((ratio * 100).toFixed(3))} %`
const milliseconds = (seconds: number): string => `${seconds * 1000} ms`

const promises: Record<ObjectiveName, string> = {
  availability: `${percent(availability.target)} of requests are answered without a fault of ours.`,
  latency: Object.entries(latency.classes)
    .map(([name, { target, seconds }]) => `${percent(target)} of ${name} take less than ${milliseconds(seconds)}.`)
    .join(' '),
  freshness: `${percent(freshness.target)} of follows become a notification within ${freshness.seconds} s.`,
  delivery: `${percent(delivery.target)} of events are handled, not set aside as dead letters.`,
}

const tile = ([name, promise]: [string, string]) =>
  stat({
    title: `Budget of ${name}`,
    description: `${promise} What is left of the error budget of ${slo.budget}, where the least is left.`,
    unit: 'percentunit',
    decimals: 1,
    limits: left,
    queries: [prom(`min(slo:error_budget_remaining:ratio{slo="${name}", ${OF}})`)],
  })

const burnOf = (window: string): string => `slo:sli_error:ratio_rate${window}{${OF}} / slo:error_budget:ratio`

const burn = ({ long, short, factor, severity }: WindowPair) =>
  timeseries({
    title: `Burn over ${long}`,
    description: `How many times faster than allowed the budget was spent in the ${long} before. Above ${factor}, and over ${short} as well, it is ${severity}.`,
    unit: 'x',
    width: 6,
    limits: { critical: factor },
    queries: [prom(burnOf(long), NAME)],
    links: [toService(labelOf('service'))],
  })

/** A row has these labels and no others, not even the name of the metric. */
const alone = (expr: string): string => `max by (${Object.keys(each).join(', ')}) (${expr})`

const burnColumn = ({ long, factor }: WindowPair) => ({
  name: `Burn ${long}`,
  unit: 'x',
  decimals: 1,
  limits: factor > 1 ? { warning: 1, critical: factor } : { critical: factor },
  expr: alone(burnOf(long)),
})

const REQUESTS = 'http_server_request_duration_seconds'
const atGateway = (matchers: string) => ({
  by: 'method, route',
  where: `service="gateway", ${matchers}`,
  over: '$window',
})
const count = (matchers: string): string => increase(`${REQUESTS}_count`, atGateway(matchers))
const all = count('route!=""')
const failed = happened(`${REQUESTS}_count`, atGateway('status_code=~"5.."'))

/** Requests that took longer, without those that failed: they spend another budget. */
const slowColumn = ({ seconds }: { seconds: number }) => {
  const quick = increase(`${REQUESTS}_bucket`, atGateway(`status_code!~"5..", le="${seconds}"`))
  const expr = `clamp_min(${count('status_code!~"5.."')} - ${quick}, 0)`
  return { name: `Over ${milliseconds(seconds)}`, unit: 'short', decimals: 0, expr }
}

const remaining = row(
  'What is left',
  Object.entries(promises).map(tile),
  table({
    title: 'Promises',
    description:
      'Each promise with what was kept of it. Burn 1 spends the budget exactly in its time; above it ends early. Click a promise for its service.',
    by: each,
    order: 'Burn 1h',
    height: 12,
    links: [toService(columnOf('service'))],
    columns: [
      { name: 'Promised', unit: 'percentunit', decimals: 2, expr: alone(`slo:objective:ratio{${OF}}`) },
      {
        name: `Kept in ${slo.budget}`,
        unit: 'percentunit',
        decimals: 3,
        expr: alone(`1 - slo:sli_error:ratio_rate${slo.budget}{${OF}}`),
      },
      { name: 'Budget left', unit: 'percentunit', decimals: 1, limits: left, expr: alone(REMAINING) },
      ...slo.windows.map(burnColumn),
      { name: 'Events', unit: 'cps', expr: alone(`slo:sli_events:rate5m{${OF}}`) },
      { name: 'Bad in 1h', unit: 'short', decimals: 0, expr: alone(`slo:sli_bad:increase1h{${OF}}`) },
    ],
  }),
  table({
    title: 'Budgets that burn',
    description: 'Alerts of burn rates that fire. Click one for its runbook.',
    by: { alertname: 'Alert', service: 'Service', sli: 'Of', window: 'Window', severity: 'Severity' },
    order: 'For',
    height: 5,
    empty: 'No budget burns too fast',
    links: [toRunbook(columnOf('alertname')), toService(columnOf('service'))],
    columns: [
      {
        name: 'For',
        unit: 's',
        expr: `max by (alertname, service, sli, window, severity) (time() - ALERTS_FOR_STATE{alertname=~".*BudgetBurn", ${OF}} and ignoring (alertstate) ALERTS{alertstate="firing"})`,
      },
    ],
  }),
)

const spending = row('Is it being spent?', slo.windows.map(burn))

const spenders = row(
  'Who spends it?',
  [
    timeseries({
      title: 'Budget left',
      description: `Of the ${slo.budget} before each moment. It falls while bad events come, and rises when old ones are forgotten.`,
      unit: 'percentunit',
      min: -1,
      max: 1,
      limits: left,
      queries: [prom(REMAINING, NAME)],
      links: [toService(labelOf('service'))],
    }),
    timeseries({
      title: 'Bad events',
      description: 'What spends budgets, per second: failures, slow answers, late notifications, dead letters.',
      unit: 'cps',
      stacked: true,
      queries: [prom(`slo:sli_bad:rate5m{${OF}} > 0`, NAME)],
      links: [toService(labelOf('service'))],
      empty: 'Nothing bad in this time',
    }),
  ],
  table({
    title: 'Routes that spend it',
    description:
      'At the gateway in the chosen window: failed, and slower than reads, writes and credentials may be. Click a method for the route in depth.',
    by: { method: 'Method', route: 'Route' },
    order: 'Failed',
    links: [
      toDashboard('This route in depth', 'pharos-service', { set: { service: 'gateway', route: columnOf('route') } }),
    ],
    columns: [
      { name: 'Requests', unit: 'short', decimals: 0, expr: all },
      { name: 'Failed', unit: 'short', decimals: 0, expr: `${failed} or 0 * ${all}` },
      ...Object.values(latency.classes).map(slowColumn),
    ],
  }),
)

export const pharosSlo = dashboard({
  uid: 'pharos-slo',
  title: 'SLOs and error budgets',
  folder: 'Platform',
  question:
    '**Do we keep what we promised, and if not, who spends the budget?** The tiles say what is left, the table says of what, the graphs whether it is being spent now, the last row which routes spend it.',
  variables: [
    labelVariable({
      name: 'service',
      label: 'Service',
      description: 'Whose promises.',
      of: 'label_values(slo:objective:ratio, service)',
    }),
    windowVariable(),
    runbooksVariable(),
  ],
  links: [toDashboard('Overview', 'pharos-overview'), toDashboard('Service', 'pharos-service', { keep: ['service'] })],
  rows: [remaining, spending, spenders],
})
