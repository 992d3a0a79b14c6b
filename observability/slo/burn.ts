import type { Alert, Recording } from './rule.ts'
import { secondsOf } from './slo.ts'
import type { ObjectiveName, Slo, WindowPair } from './slo.ts'

/** Seconds between two evaluations of the short windows: a sum of rates times this is a count. */
export const OFTEN = 15

/** The share of bad events in a window, from sums and not from shares of shares: what is busier weighs more. */
export const ratioRule = (window: string): Recording => {
  const over = (series: string) => (secondsOf(window) === 300 ? series : `sum_over_time(${series}[${window}])`)
  return {
    record: `slo:sli_error:ratio_rate${window}`,
    expr: `${over('slo:sli_bad:rate5m')} / (${over('slo:sli_events:rate5m')} > 0)`,
  }
}

export const countRule = (window: string): Recording => ({
  record: `slo:sli_bad:increase${window}`,
  expr: `sum_over_time(slo:sli_bad:rate5m[${window}]) * ${OFTEN}`,
})

export const remainingRule = ({ budget }: Slo): Recording => ({
  record: 'slo:error_budget_remaining:ratio',
  expr: `1 - slo:sli_error:ratio_rate${budget} / slo:error_budget:ratio`,
})

/** The alert of an objective for one pair of windows. */
export const burnAlert = (slo: Slo, name: ObjectiveName, pair: WindowPair): Alert => {
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
      `and slo:sli_events:rate5m${its} offset ${after}`,
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
