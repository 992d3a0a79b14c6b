import type { ReceivedSpan } from '@pharos/platform/telemetry/otlp-json'

export type { ReceivedSpan as Span }

/** A log line; `timeMs` is since the epoch, `fields` are the line's own, with dotted ECS keys. */
export type LogLine = {
  readonly timeMs: number
  readonly level: string
  readonly service: string
  readonly message: string
  readonly traceId: string | undefined
  readonly correlationId: string | undefined
  readonly fields: Readonly<Record<string, unknown>>
}

/** An error event; causes follow from the outermost to the innermost, frames from the throw outwards. */
export type ErrorReport = {
  readonly eventId: string
  readonly timeMs: number
  readonly service: string
  readonly route: string | undefined
  readonly traceId: string | undefined
  readonly correlationId: string | undefined
  readonly release: string | undefined
  readonly environment: string | undefined
  readonly exceptions: readonly { readonly type: string; readonly value: string; readonly frames: readonly string[] }[]
}

/** What is looked for: whatever carries one of the trace ids or one of the correlation ids. */
export type Ids = { readonly traceIds: ReadonlySet<string>; readonly correlationIds: ReadonlySet<string> }

export type Findings = {
  readonly spans: readonly ReceivedSpan[]
  readonly lines: readonly LogLine[]
  readonly errors: readonly ErrorReport[]
}

/** A store that remembers signals: files today, any other back end that can be asked by id. */
export interface SignalSource {
  /** Where it looks, one sentence part each, for somebody whose id was not found. */
  places(): Promise<string[]>
  /** The newest of what carries the ids, in bounded numbers. */
  find(ids: Ids): Promise<Findings>
}

const TRACE_ID = /^[0-9a-f]{32}$/

/** True for a W3C trace id: 32 lower-case hex digits. */
export const isTraceId = (text: string): boolean => TRACE_ID.test(text)
