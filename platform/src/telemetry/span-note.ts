import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api'
import type { HrTime, SpanContext, SpanStatus } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { telemetry, SCOPE } from './settings.ts'
import { scrub } from './scrub.ts'
import { toHrTime } from './time.ts'

export type SpanNoteKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer'
export type SpanAttributes = Record<string, string | number | boolean>

const KINDS: Record<SpanNoteKind, SpanKind> = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
}
const OK: SpanStatus = { code: SpanStatusCode.UNSET }
const NONE: never[] = []

const inspectError = (error: unknown): string => (error instanceof Error ? error.message : JSON.stringify(error))

/**
 * A span as it is noted while a request runs: ids, two times, attributes. It costs what its fields cost; the shape
 * that OpenTelemetry's exporters read is computed from them, and only for spans that are exported.
 */
export class SpanNote implements Omit<ReadableSpan, 'parentSpanContext'> {
  name: string
  readonly noteKind: SpanNoteKind
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly startedAt: number
  endedAt = 0
  error: unknown
  readonly attributes: SpanAttributes

  constructor(
    name: string,
    kind: SpanNoteKind,
    traceId: string,
    spanId: string,
    parentSpanId: string | undefined,
    startedAt: number,
    attributes: SpanAttributes,
  ) {
    this.name = name
    this.noteKind = kind
    this.traceId = traceId
    this.spanId = spanId
    this.parentSpanId = parentSpanId
    this.startedAt = startedAt
    this.attributes = attributes
  }

  finish(endedAt: number, error?: unknown): void {
    this.endedAt = endedAt
    this.error = error
  }

  /** Only spans that are kept are ever read, so the sampled flag is always set here. */
  spanContext(): SpanContext {
    return { traceId: this.traceId, spanId: this.spanId, traceFlags: TraceFlags.SAMPLED }
  }

  get parentSpanContext(): SpanContext | undefined {
    return this.parentSpanId === undefined
      ? undefined
      : { traceId: this.traceId, spanId: this.parentSpanId, traceFlags: TraceFlags.SAMPLED, isRemote: true }
  }

  get kind(): SpanKind {
    return KINDS[this.noteKind]
  }

  get startTime(): HrTime {
    return toHrTime(this.startedAt)
  }

  get endTime(): HrTime {
    return toHrTime(this.endedAt)
  }

  get duration(): HrTime {
    return toHrTime(this.endedAt - this.startedAt)
  }

  get status(): SpanStatus {
    if (this.error === undefined) return OK
    return {
      code: SpanStatusCode.ERROR,
      message: scrub(typeof this.error === 'string' ? this.error : inspectError(this.error)),
    }
  }

  get ended(): boolean {
    return true
  }

  get links() {
    return NONE
  }

  get events() {
    return NONE
  }

  get droppedAttributesCount(): number {
    return 0
  }

  get droppedEventsCount(): number {
    return 0
  }

  get droppedLinksCount(): number {
    return 0
  }

  get resource() {
    return telemetry.resource
  }

  get instrumentationScope() {
    return SCOPE
  }
}
