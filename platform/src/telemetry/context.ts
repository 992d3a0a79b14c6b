import { AsyncLocalStorage } from 'node:async_hooks'
import { newSpanId, newTraceId, newUuid } from './ids.ts'
import { now } from './time.ts'
import { exportSpans, isTraceSampled, SLOW_MS, tracing } from './trace-pipeline.ts'
import { SpanNote } from './span-note.ts'
import type { SpanAttributes, SpanShape } from './span-shape.ts'

/** A span that is open. Ending it twice is harmless; nothing here throws. */
export type LiveSpan = {
  set(key: string, value: string | number | boolean): void
  end(error?: unknown): void
}

/** What an event, a message or a job inherits from the request that caused it. */
export type WorkOrigin = { readonly traceparent?: string | undefined; readonly correlationId?: string | undefined }

const MAX_NOTES = 1_000
/** Ids that are all zero are invalid (W3C Trace Context §3.2.2). */
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/
const CORRELATION_ID = /^[A-Za-z0-9._-]{1,128}$/

/**
 * Everything known of one request or one piece of work in this process. Spans are only noted here while it runs;
 * at its end they are exported if the trace is sampled, or if the work failed or was slow, at any sampling ratio.
 */
export class TraceRecord {
  readonly traceId: string
  readonly correlationId: string
  readonly sampled: boolean
  readonly root: SpanNote
  userId: number | undefined
  failed = false
  #notes: SpanNote[] = []
  #kept: boolean | undefined

  constructor(shape: SpanShape, origin: WorkOrigin, own?: SpanAttributes) {
    const parent = origin.traceparent === undefined ? null : TRACEPARENT.exec(origin.traceparent)
    this.traceId = parent?.[1] ?? newTraceId()
    this.sampled = parent ? (parseInt(parent[3] as string, 16) & 1) === 1 : isTraceSampled(this.traceId)
    this.correlationId =
      origin.correlationId !== undefined && CORRELATION_ID.test(origin.correlationId) ? origin.correlationId : newUuid()
    const ids = { traceId: this.traceId, spanId: newSpanId(), parentSpanId: parent?.[2] }
    this.root = new SpanNote(shape, ids, now(), own)
  }

  /** Whether metrics may point to this trace: only what is surely stored, which at the start is what is sampled. */
  get exemplary(): boolean {
    return tracing.enabled && this.sampled
  }

  /** Notes an ended span. After the record was closed it goes straight on, so that late work is not lost. */
  note(note: SpanNote): void {
    if (this.#kept === undefined) {
      if (this.#notes.length < MAX_NOTES) this.#notes.push(note)
    } else if (this.#kept) exportSpans([note])
  }

  /** Ends the root span and decides what becomes of the notes. `durationMs` is the root's. */
  close(endedAt: number, error?: unknown): void {
    if (this.#kept !== undefined) return
    this.root.finish(endedAt, error)
    this.#kept = tracing.enabled && (this.sampled || this.failed || endedAt - this.root.startedAt > SLOW_MS)
    if (!this.#kept) return
    this.root.set('app.correlation_id', this.correlationId)
    if (this.userId !== undefined) this.root.set('user.id', String(this.userId))
    this.#notes.push(this.root)
    exportSpans(this.#notes)
    this.#notes = []
  }
}

/** What the async context holds: the record, and the span that new ones are children of. */
export type Frame = { readonly record: TraceRecord; readonly spanId: string }

const storage = new AsyncLocalStorage<Frame>()

export const activeFrame = (): Frame | undefined => storage.getStore()

export const runInFrame = <T>(frame: Frame, fn: () => T): T => storage.run(frame, fn)

/** The W3C `traceparent` of a span of this record. */
const traceparentOf = (record: TraceRecord, spanId: string): string =>
  `00-${record.traceId}-${spanId}-${record.sampled ? '01' : '00'}`

/** The `traceparent` of the active span, or undefined outside of any request or work. */
export const activeTraceparent = (): string | undefined => {
  const frame = storage.getStore()
  return frame && traceparentOf(frame.record, frame.spanId)
}

export const activeCorrelationId = (): string | undefined => storage.getStore()?.record.correlationId

/** Who the request is from, for its log line and root span. */
export const setUser = (userId: number): void => {
  const frame = storage.getStore()
  if (frame) frame.record.userId = userId
}

/** A span with what to send along to the other side, undefined outside of any request or work. */
export type OpenedSpan = LiveSpan & { readonly traceparent: string | undefined }

class OpenSpan implements LiveSpan {
  readonly #frame: Frame
  readonly #note: SpanNote

  constructor(frame: Frame, note: SpanNote) {
    this.#frame = frame
    this.#note = note
  }

  get traceparent(): string {
    return traceparentOf(this.#frame.record, this.#note.spanId)
  }

  set(key: string, value: string | number | boolean): void {
    this.#note.set(key, value)
  }

  end(error?: unknown): void {
    if (this.#note.endedAt !== 0) return
    this.#note.finish(now(), error)
    this.#frame.record.note(this.#note)
  }
}

const NO_SPAN = { traceparent: undefined, set: () => {}, end: () => {} }

const openNote = ({ record, spanId }: Frame, shape: SpanShape): SpanNote =>
  new SpanNote(shape, { traceId: record.traceId, spanId: newSpanId(), parentSpanId: spanId }, now(), undefined)

/** A call that is not noted still continues the trace of its request. */
const passOn = ({ record, spanId }: Frame): OpenedSpan => ({ ...NO_SPAN, traceparent: traceparentOf(record, spanId) })

/** Opens a span in a frame that the caller holds; spares the look-up of the async context. */
export const openSpan = (frame: Frame | undefined, shape: SpanShape): OpenedSpan => {
  if (!frame || tracing.automatic) return NO_SPAN
  return tracing.notes ? new OpenSpan(frame, openNote(frame, shape)) : passOn(frame)
}

/**
 * Opens a span without children: a statement, a command, a call. Outside a request or work it is a no-op.
 * `traceparent` is what to send along to the other side.
 */
export const startSpan = (shape: SpanShape): OpenedSpan => openSpan(storage.getStore(), shape)

/** What to do with the outcome of work in a span. */
type Watch = {
  /** Whether a throw marks the span as failed; by default each does. */
  readonly isFault?: (error: unknown) => boolean
  /** Told once, with the duration and the span's own frame, whether or not spans are made. */
  readonly ended?: (seconds: number, error: unknown, frame: Frame | undefined) => void
}

/** Runs `fn` inside a span that may have children. */
export const withSpan = async <T>(shape: SpanShape, fn: () => Promise<T>, watch: Watch = {}): Promise<T> => {
  const outer = storage.getStore()
  const note = outer && tracing.notes ? openNote(outer, shape) : undefined
  const frame = note ? { record: (outer as Frame).record, spanId: note.spanId } : outer
  const startedAt = note?.startedAt ?? now()
  const end = (error?: unknown): void => {
    const endedAt = now()
    watch.ended?.((endedAt - startedAt) / 1_000, error, frame)
    if (!note) return
    note.finish(endedAt, error === undefined || watch.isFault?.(error) === false ? undefined : error)
    frame?.record.note(note)
  }
  try {
    const result = await (note && frame ? storage.run(frame, fn) : fn())
    end()
    return result
  } catch (error) {
    end(error)
    throw error
  }
}

/**
 * Runs background work or the handling of a message under a context of its own, with a root span that continues
 * the trace of `origin`. A throw marks the record as failed, so that its spans are kept, and goes on.
 */
export const runWork = async <T>(
  work: { readonly shape: SpanShape; readonly origin?: WorkOrigin; readonly attributes?: SpanAttributes },
  fn: () => Promise<T>,
): Promise<T> => {
  const record = new TraceRecord(work.shape, work.origin ?? {}, { ...work.attributes })
  try {
    const result = await storage.run({ record, spanId: record.root.spanId }, fn)
    record.close(now())
    return result
  } catch (error) {
    record.failed = true
    record.close(now(), error)
    throw error
  }
}
