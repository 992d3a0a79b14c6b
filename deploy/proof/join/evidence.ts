import type { ReceivedSpan } from '@pharos/platform/telemetry/otlp-json'
import type { StoredError } from '../stores/errors.ts'
import type { StoredLine } from '../stores/line.ts'
import type { Sent } from './caller.ts'
import { EXPECTATIONS, type Expectation, type Expected } from './expectations.ts'
import { judgeAnswer, judgeErrors, judgeLines, judgeTrace, type Fault } from './judge.ts'

/** The ways by which a request is found again. */
export const SIGNALS = ['answer', 'trace', 'loki', 'elasticsearch', 'error events', 'bugsink'] as const
export type Signal = (typeof SIGNALS)[number]

type ById<T> = ReadonlyMap<string, readonly T[]>

/** What the stores have of a run; undefined for a store that is not in it. Traces go by trace id, the rest by correlation id. */
export type Evidence = {
  traces: ById<ReceivedSpan> | undefined
  written: ById<StoredLine>
  loki: ById<StoredLine> | undefined
  elasticsearch: ById<StoredLine> | undefined
  errors: ById<StoredError> | undefined
  bugsink: ById<StoredError> | undefined
}

/** A request that one of the signals does not lead to. */
export type Unjoined = { sent: Sent; signal: Signal; why: string }

export type Share = { signal: Signal; joined: number; of: number; unjoined: readonly Unjoined[] }

/** What is expected of a request. */
export const expectationOf = ({ what }: Sent): Expectation => EXPECTATIONS[what as Expected]

/** How a signal judges a request, or undefined when the signal's store is not in this run. */
const judgeOf = (signal: Signal, evidence: Evidence): ((sent: Sent) => Fault) | undefined => {
  const { traces, written, loki, elasticsearch, errors, bugsink } = evidence
  const byLines = (stored: ById<StoredLine> | undefined) =>
    stored &&
    ((sent: Sent): Fault => {
      const of = (lines: ById<StoredLine>): readonly StoredLine[] => lines.get(sent.correlationId) ?? []
      return judgeLines(sent, expectationOf(sent), { written: of(written), stored: of(stored) })
    })
  const byEvents = (events: ById<StoredError> | undefined) =>
    events && ((sent: Sent): Fault => judgeErrors(sent, events.get(sent.correlationId) ?? []))
  switch (signal) {
    case 'answer':
      return judgeAnswer
    case 'trace':
      return traces && ((sent) => judgeTrace(sent, expectationOf(sent), traces.get(sent.traceId) ?? []))
    case 'loki':
      return byLines(loki)
    case 'elasticsearch':
      return byLines(elasticsearch)
    case 'error events':
      return byEvents(errors)
    case 'bugsink':
      return byEvents(bugsink)
  }
}

/** How many of the requests each signal of this run leads to. */
export const sharesOf = (population: readonly Sent[], evidence: Evidence): Share[] =>
  SIGNALS.flatMap((signal) => {
    const judge = judgeOf(signal, evidence)
    if (judge === undefined) return []
    const unjoined = population.flatMap((sent): Unjoined[] => {
      const why = judge(sent)
      return why === undefined ? [] : [{ sent, signal, why }]
    })
    return [{ signal, joined: population.length - unjoined.length, of: population.length, unjoined }]
  })

/** Things by an id of theirs. */
export const byId = <T>(things: readonly T[], idOf: (thing: T) => string | undefined): Map<string, T[]> => {
  const found = new Map<string, T[]>()
  for (const thing of things) {
    const id = idOf(thing) ?? ''
    const others = found.get(id)
    if (others === undefined) found.set(id, [thing])
    else others.push(thing)
  }
  return found
}
