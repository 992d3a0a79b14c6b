import { setTimeout as pause } from 'node:timers/promises'
import { isTraceId } from './story.ts'
import type { Findings, Ids, SignalSource } from './story.ts'
import { isComplete, lastEventMs, tellTrace } from './trace.ts'
import type { TraceStory } from './trace.ts'

/** Spans leave a process at most a second after they ended, and a message may be handled a moment later. */
const ARRIVAL_MS = 2_500
const PATIENCE_MS = 4_000
const LOOK_EVERY_MS = 400
const MOST_TRACES = 5

/** The newest traces of an id; `more` is the number of older ones that carry it too. */
export type Collected = { readonly traces: readonly TraceStory[]; readonly more: number }

const findIn = async (sources: readonly SignalSource[], ids: Ids): Promise<Findings> => {
  const all = await Promise.all(sources.map((source) => source.find(ids)))
  return {
    spans: all.flatMap(({ spans }) => spans),
    lines: all.flatMap(({ lines }) => lines),
    errors: all.flatMap(({ errors }) => errors),
  }
}

/** Trace ids by the time they were last seen, the newest first. */
const traceIdsOf = ({ spans, lines, errors }: Findings): string[] => {
  const seen = new Map<string, number>()
  const note = (traceId: string | undefined, timeMs: number): void => {
    if (traceId !== undefined) seen.set(traceId, Math.max(timeMs, seen.get(traceId) ?? 0))
  }
  for (const { traceId, end } of spans) note(traceId, end)
  for (const { traceId, timeMs } of lines) note(traceId, timeMs)
  for (const { traceId, timeMs } of errors) note(traceId, timeMs)
  return [...seen].toSorted(([, a], [, b]) => b - a).map(([traceId]) => traceId)
}

/**
 * What the sources know now of a correlation id or a trace id. Two steps, because only the first span of each process
 * carries the correlation id, while every span carries the trace id.
 */
export const collect = async (sources: readonly SignalSource[], id: string): Promise<Collected> => {
  const asked: Ids = { traceIds: new Set(isTraceId(id) ? [id] : []), correlationIds: new Set([id]) }
  const found = traceIdsOf(await findIn(sources, asked))
  if (found.length === 0) return { traces: [], more: 0 }
  const newest = found.slice(0, MOST_TRACES)
  const findings = await findIn(sources, { traceIds: new Set(newest), correlationIds: new Set() })
  const traces = newest.map((traceId) => tellTrace(traceId, findings)).toSorted((a, b) => a.startMs - b.startMs)
  return { traces, more: found.length - newest.length }
}

const isSettled = (trace: TraceStory): boolean => isComplete(trace) && Date.now() - lastEventMs(trace) > ARRIVAL_MS

/**
 * Collects until every trace is complete and old enough that nothing more is on its way, at most for four seconds.
 * Nothing new is expected of a trace whose last sign is older than that. `onWait` is called once if there is a wait.
 */
export const collectSettled = async (
  sources: readonly SignalSource[],
  id: string,
  onWait: () => void = () => {},
  patienceMs = PATIENCE_MS,
): Promise<Collected> => {
  const deadline = Date.now() + patienceMs
  let waited = false
  for (;;) {
    const collected = await collect(sources, id)
    const { traces } = collected
    const isOld = traces.every((trace) => Date.now() - lastEventMs(trace) > PATIENCE_MS)
    if (traces.length > 0 && (isOld || traces.every(isSettled))) return collected
    if (Date.now() >= deadline) return collected
    if (!waited) onWait()
    waited = true
    await pause(LOOK_EVERY_MS)
  }
}
