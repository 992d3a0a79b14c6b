import { getHeapStatistics } from 'node:v8'
import { collectDefaultMetrics } from 'prom-client'
import { eventLoopMetrics } from './event-loop.ts'
import { counter, gauge, registry } from './metrics.ts'
import { telemetry } from './settings.ts'
import { spanCounts } from './trace-pipeline.ts'

/** Node's own metrics, the event loop's, the span queue's and who this process is. Called once by the bootstrap. */
export const collectProcessMetrics = (): void => {
  collectDefaultMetrics({ register: registry })
  eventLoopMetrics()
  gauge({ name: 'app_info', help: 'Version of this process', labels: ['version', 'commit', 'node'] }).set(
    { version: telemetry.serviceVersion, commit: telemetry.serviceCommit, node: process.versions.node },
    1,
  )
  gauge({
    name: 'nodejs_heap_size_limit_bytes',
    help: 'Heap at which V8 gives up, which prom-client does not tell',
    collect: (set) => set({}, getHeapStatistics().heap_size_limit),
  })
  const exported = counter({
    name: 'otel_spans_exported_total',
    help: 'Spans that left the export queue, by outcome',
    labels: ['outcome'],
  })
  const dropped = counter({ name: 'otel_spans_dropped_total', help: 'Spans dropped because the export queue was full' })
  spanCounts.exported = (outcome, spans) => exported.inc({ outcome }, spans)
  spanCounts.dropped = (spans) => dropped.inc({}, spans)
}
