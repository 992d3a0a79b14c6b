import type { ReceivedSpan } from '@pharos/platform/telemetry/otlp-json'
import { inParallel } from '../../traffic/sign-in.ts'
import type { Live } from '../part.ts'
import { elasticsearchLines } from '../stores/elasticsearch.ts'
import { bugsinkErrors, spoolErrors } from '../stores/errors.ts'
import { writtenLines } from '../stores/files.ts'
import type { Window } from '../stores/line.ts'
import { lokiLines } from '../stores/loki.ts'
import type { Absences } from '../stores/present.ts'
import { traceSpans } from '../stores/tempo.ts'
import { lookUntil } from '../stores/until.ts'
import type { Sent } from './caller.ts'
import { byId, expectationOf, sharesOf, type Evidence, type Share } from './evidence.ts'
import { judgeTrace } from './judge.ts'

const WITHIN_MS = 60_000
const EVERY_MS = 2000
const TRACES_AT_ONCE = 8
/** What an event sets off has come by then, also what should not have. */
const SETTLED_MS = 10_000
/** Clocks of one machine, but lines wait in buffers. */
const MARGIN_MS = 5000

/** What has come of it by now: shares, and all that was found. */
export type Gathered = { shares: readonly Share[]; evidence: Evidence }

const windowOf = (population: readonly Sent[]): Window => ({
  fromMs: Math.min(...population.map(({ sentMs }) => sentMs)) - MARGIN_MS,
  toMs: Date.now() + MARGIN_MS,
})

/** Asks for those traces again that were not whole yet, or too young to be. */
const traceGatherer = (tempo: string, population: readonly Sent[]) => {
  const found = new Map<string, readonly ReceivedSpan[]>()
  let open = population
  return async (): Promise<ReadonlyMap<string, readonly ReceivedSpan[]>> => {
    const askedMs = Date.now()
    await inParallel(open, TRACES_AT_ONCE, async ({ traceId }) => found.set(traceId, await traceSpans(tempo, traceId)))
    open = open.filter(
      (sent) =>
        askedMs - sent.answeredMs < SETTLED_MS ||
        judgeTrace(sent, expectationOf(sent), found.get(sent.traceId) ?? []) !== undefined,
    )
    return found
  }
}

/** Looks into the stores until every request is joined by every signal, for a minute at most. */
export const gather = async (
  live: Live,
  absences: Absences,
  population: readonly Sent[],
  mark: string,
): Promise<Gathered> => {
  const { settings, backEnds } = live
  const { home } = settings
  const fromMs = windowOf(population).fromMs
  const traces = absences.tempo === undefined ? traceGatherer(backEnds.tempo, population) : undefined
  const correlationOf = ({ correlationId }: { correlationId: string | undefined }): string | undefined => correlationId
  const look = async (): Promise<Gathered> => {
    const window = windowOf(population)
    const isThere = (store: keyof Absences): boolean => absences[store] === undefined
    const evidence: Evidence = {
      traces: await traces?.(),
      written: byId(await writtenLines(home, mark), correlationOf),
      loki: isThere('loki') ? byId(await lokiLines(backEnds.loki, mark, window), correlationOf) : undefined,
      elasticsearch: isThere('elasticsearch')
        ? byId(await elasticsearchLines(backEnds.elasticsearch, mark, window), correlationOf)
        : undefined,
      errors: isThere('spool') ? byId(await spoolErrors(home, mark), correlationOf) : undefined,
      bugsink: isThere('bugsink') ? byId(bugsinkErrors(home, mark, fromMs), correlationOf) : undefined,
    }
    return { shares: sharesOf(population, evidence), evidence }
  }
  const isSettled = (): boolean => population.every(({ answeredMs }) => Date.now() - answeredMs > SETTLED_MS)
  const isDone = ({ shares }: Gathered): boolean => isSettled() && shares.every(({ joined, of }) => joined === of)
  return lookUntil(look, isDone, { withinMs: WITHIN_MS, everyMs: EVERY_MS, signal: live.signal })
}
