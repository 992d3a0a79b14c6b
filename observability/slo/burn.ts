import type { Pace } from './pace.ts'
import type { Alert, Recording } from './rule.ts'
import type { ObjectiveName, Slo, WindowPair } from './slo.ts'

/** What the rates of all events are taken over; the others are sums of them. */
const BASE = '5m'

/** The share of bad events in a window, from sums and not from shares of shares: what is busier weighs more. */
export const ratioRule = (window: string, { lengthOf }: Pace): Recording => {
  const over = (series: string) => (window === BASE ? series : `sum_over_time(${series}[${lengthOf(window)}])`)
  return {
    record: `slo:sli_error:ratio_rate${window}`,
    expr: `${over('slo:sli_bad:rate5m')} / (${over('slo:sli_events:rate5m')} > 0)`,
  }
}

export const countRule = (window: string, { lengthOf, often }: Pace): Recording => ({
  record: `slo:sli_bad:increase${window}`,
  expr: `sum_over_time(slo:sli_bad:rate5m[${lengthOf(window)}]) * ${often}`,
})

export const remainingRule = ({ budget }: Slo): Recording => ({
  record: 'slo:error_budget_remaining:ratio',
  expr: `1 - slo:sli_error:ratio_rate${budget} / slo:error_budget:ratio`,
})

/** The alert of an objective for one pair of windows. */
export const burnAlert = (slo: Slo, name: ObjectiveName, pair: WindowPair, pace: Pace): Alert => {
  const { alert, failing, minimum } = slo.objectives[name]
  const { long, short, factor, severity, after } = pair
  const its = `{slo="${name}"}`
  const burns = (window: string) => `slo:sli_error:ratio_rate${window}${its} > ${factor} * slo:error_budget:ratio`
  const speed = factor === 1 ? '' : `${factor} times `
  return {
    alert,
    expr: [
      burns(long),
      `and ${burns(short)}`,
      `and slo:sli_bad:increase${long}${its} >= ${minimum}`,
      `and slo:sli_events:rate5m${its} offset ${pace.afterOf(after)}`,
    ].join('\n'),
    labels: { severity, window: long },
    annotations: {
      summary: `{{ $labels.service }} spends its error budget of ${name} ({{ $labels.sli }}) ${speed}too fast`,
      description: `{{ $value | humanizePercentage }} ${failing} in the last ${long}, and it goes on.`,
      runbook_url: `{{ $externalLabels.runbooks_url }}/${alert}.md`,
      dashboard_url: '{{ $externalLabels.grafana_url }}/d/pharos-slo?var-service={{ $labels.service }}',
    },
  }
}
