import { scrub } from './scrub.ts'
import type { SpanAttributes, SpanShape } from './span-shape.ts'

const inspected = (error: unknown): string => {
  if (typeof error === 'string') return error
  return error instanceof Error ? error.message : JSON.stringify(error)
}

/**
 * A span as it is noted while a request runs: what it shares with others of its operation, ids, two times, and what it
 * has of its own. Times are milliseconds since the epoch; `endedAt` is 0 while it is open.
 */
export class SpanNote {
  shape: SpanShape
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly startedAt: number
  endedAt = 0
  error: unknown
  own: SpanAttributes | undefined

  constructor(
    shape: SpanShape,
    ids: { readonly traceId: string; readonly spanId: string; readonly parentSpanId: string | undefined },
    startedAt: number,
    own: SpanAttributes | undefined,
  ) {
    this.shape = shape
    this.traceId = ids.traceId
    this.spanId = ids.spanId
    this.parentSpanId = ids.parentSpanId
    this.startedAt = startedAt
    this.own = own
  }

  set(key: string, value: string | number | boolean): void {
    this.own ??= {}
    this.own[key] = value
  }

  finish(endedAt: number, error?: unknown): void {
    this.endedAt = endedAt
    this.error = error
  }

  /** Why it failed, with addresses and tokens masked; undefined when it did not. */
  get failure(): string | undefined {
    return this.error === undefined ? undefined : scrub(inspected(this.error))
  }

  get name(): string {
    return this.shape.name
  }

  get attributes(): SpanAttributes {
    return { ...this.shape.attributes, ...this.own }
  }
}
