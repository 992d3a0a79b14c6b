import type { ReceivedSpan } from '@pharos/platform/telemetry/otlp-json'
import type { Exemplar } from '../stores/prometheus.ts'

export type ExemplarShare = { resolved: number; of: number; first: string | undefined }

/**
 * How many of the exemplars that name a trace of the population lead to a span that is stored, in the service that they are
 * of; one that was scraped more than once counts once. `first` says of one that does not.
 */
export const exemplarShare = (
  exemplars: readonly Exemplar[],
  traces: ReadonlyMap<string, readonly ReceivedSpan[]>,
): ExemplarShare => {
  const ours = new Map(
    exemplars
      .filter(({ traceId }) => traces.has(traceId))
      .map((one) => [`${one.metric} ${one.service} ${one.traceId} ${one.spanId}`, one]),
  )
  const lost = [...ours.values()].filter(
    ({ traceId, spanId, service }) =>
      traces.get(traceId)?.some((span) => span.spanId === spanId && span.service === service) !== true,
  )
  const [first] = lost
  return {
    resolved: ours.size - lost.length,
    of: ours.size,
    first: first && `${first.metric} of ${first.service} points to span ${first.spanId} of trace ${first.traceId}`,
  }
}
