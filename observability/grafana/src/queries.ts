import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog'
import {
  DataqueryBuilder as ElasticBuilder,
  DateHistogramBuilder,
  TermsBuilder,
  TermsOrder,
} from '@grafana/grafana-foundation-sdk/elasticsearch'
import { DataqueryBuilder as LokiBuilder } from '@grafana/grafana-foundation-sdk/loki'
import { DataqueryBuilder as PrometheusBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'
import { DataqueryBuilder as TempoBuilder, SearchTableType } from '@grafana/grafana-foundation-sdk/tempo'
import { refOf, type Source } from './sources.ts'

/** A question to one store; the panel that asks it gives it its letter. */
export type Query = { readonly source: Source; readonly target: (refId: string) => Builder<Dataquery> }

const FIRST_LETTER = 65

export const letterOf = (index: number): string => String.fromCodePoint(FIRST_LETTER + index)

const prometheus = (expr: string, refId: string): PrometheusBuilder =>
  new PrometheusBuilder().refId(refId).datasource(refOf('prometheus')).expr(expr)

/** PromQL over the time range. Whatever reads buckets asks for exemplars too: they are the way from a point to its trace. */
export const prom = (expr: string, legend = ''): Query => ({
  source: 'prometheus',
  target: (refId) => prometheus(expr, refId).range().legendFormat(legend).exemplar(expr.includes('_bucket')),
})

/** PromQL at the end of the time range. */
export const promNow = (expr: string, legend = ''): Query => ({
  source: 'prometheus',
  target: (refId) => prometheus(expr, refId).instant().legendFormat(legend),
})

/** PromQL at the end of the time range, one row per series. */
export const promRows = (expr: string): Query => ({
  source: 'prometheus',
  target: (refId) => prometheus(expr, refId).instant().format(PromQueryFormat.Table),
})

/** PromQL buckets (`sum by (le) (rate(…_bucket[…]))`) for a heatmap. */
export const promBuckets = (expr: string): Query => ({
  source: 'prometheus',
  target: (refId) =>
    prometheus(expr, refId).range().format(PromQueryFormat.Heatmap).legendFormat('{{le}}').exemplar(true),
})

const loki = (expr: string, refId: string): LokiBuilder =>
  new LokiBuilder().refId(refId).datasource(refOf('loki')).expr(expr)

/** LogQL that answers lines. */
export const lokiLines = (expr: string, maxLines = 200): Query => ({
  source: 'loki',
  target: (refId) => loki(expr, refId).queryType('range').maxLines(maxLines),
})

/** LogQL that answers numbers over the time range. */
export const lokiRange = (expr: string, legend = ''): Query => ({
  source: 'loki',
  target: (refId) => loki(expr, refId).queryType('range').legendFormat(legend),
})

/** LogQL that answers numbers for the end of the time range. */
export const lokiNow = (expr: string, legend = ''): Query => ({
  source: 'loki',
  target: (refId) => loki(expr, refId).queryType('instant').legendFormat(legend),
})

const tempo = (refId: string): TempoBuilder => new TempoBuilder().refId(refId).datasource(refOf('tempo')).filters([])

/** TraceQL that lists traces, or with `spans` the matching spans. A trace id instead of TraceQL fetches that trace. */
export const traceql = (query: string, { limit = 20, spans = false } = {}): Query => ({
  source: 'tempo',
  target: (refId) =>
    tempo(refId)
      .queryType('traceql')
      .query(query)
      .limit(limit)
      .tableType(spans ? SearchTableType.Spans : SearchTableType.Traces),
})

/** Who calls whom, from the service graph's metrics. */
export const serviceMap = (filter = ''): Query => ({
  source: 'tempo',
  target: (refId) => tempo(refId).queryType('serviceMap').serviceMapQuery(filter),
})

const elastic = (lucene: string, refId: string): ElasticBuilder =>
  new ElasticBuilder().refId(refId).datasource(refOf('elasticsearch')).query(lucene).timeField('@timestamp')

type ElasticMetric = Parameters<ElasticBuilder['metrics']>[0][number]

// The builders of metrics leave their type at "unknown", which Grafana cannot ask for.
const elasticMetric = (metric: ReturnType<ElasticMetric['build']>): ElasticMetric => ({ build: () => metric })

/** Lucene that answers lines. */
export const elasticLines = (lucene: string, limit = 200): Query => ({
  source: 'elasticsearch',
  target: (refId) =>
    elastic(lucene, refId)
      .metrics([elasticMetric({ type: 'logs', id: '1', settings: { limit: String(limit) } })])
      .bucketAggs([]),
})

/** Lucene counted over time, split by the values of a field if one is given. */
export const elasticCount = (lucene: string, by?: string, top = 10): Query => ({
  source: 'elasticsearch',
  target: (refId) => {
    const overTime = new DateHistogramBuilder().id('3').field('@timestamp').settings({ interval: 'auto' })
    const split = (field: string) =>
      new TermsBuilder()
        .id('2')
        .field(field)
        .settings({ size: String(top), order: TermsOrder.Desc, orderBy: '_count', min_doc_count: '1' })
    return elastic(lucene, refId)
      .metrics([elasticMetric({ type: 'count', id: '1' })])
      .bucketAggs(by === undefined ? [overTime] : [split(by), overTime])
      .alias(by === undefined ? 'lines' : `{{term ${by}}}`)
  },
})

/** Lucene counted over the time range by the values of a field: a row each. */
export const elasticRows = (lucene: string, by: string, top = 20): Query => ({
  source: 'elasticsearch',
  target: (refId) =>
    elastic(lucene, refId)
      .metrics([elasticMetric({ type: 'count', id: '1' })])
      .bucketAggs([
        new TermsBuilder()
          .id('2')
          .field(by)
          .settings({ size: String(top), order: TermsOrder.Desc, orderBy: '_count', min_doc_count: '1' }),
      ]),
})
