import type { Finding, Live, Part, Proof } from '../part.ts'
import type { Window } from '../stores/line.ts'
import { absencesIn, type Absences, type StoreName } from '../stores/present.ts'
import { exemplarsOf } from '../stores/prometheus.ts'
import { openCaller, type Sent } from './caller.ts'
import type { Evidence, Share, Signal, Unjoined } from './evidence.ts'
import { exemplarShare } from './exemplars.ts'
import { takesFaults } from './flag.ts'
import { gather } from './gather.ts'
import { newMark, sendAll } from './population.ts'

const BAR = 0.999
const SHOWN = 10
/** What Prometheus scrapes each five seconds is there a scrape later. */
const SCRAPED_MS = 6000

const STORE_OF: Readonly<Record<Exclude<Signal, 'answer'>, StoreName>> = {
  trace: 'tempo',
  loki: 'loki',
  elasticsearch: 'elasticsearch',
  'error events': 'spool',
  bugsink: 'bugsink',
}

const WHAT: Readonly<Record<Signal, string>> = {
  answer: 'each is answered as expected, and the answer names its ids',
  trace: 'each has the trace that its route implies, Kafka included, and nothing else in it',
  loki: 'each line that was written is in Loki, with the ids of its request',
  elasticsearch: 'each line that was written is in Elasticsearch, with the ids of its request',
  'error events': 'there is an error event if and only if it faulted',
  bugsink: 'the error tracker has the event of each that faulted, and none of another',
}

const percent = (joined: number, of: number): string => `${((100 * joined) / of).toFixed(2)} %`

const NO_FAULTS = 'the services run without FAULTS=on, which lets them be made to fail'

/** Without a fault among them the half of a claim about faults is shown, that the others have none. */
const verdictOf = ({ signal, joined, of }: Share, faults: boolean): Finding['verdict'] => {
  if (joined / of < BAR) return 'failed'
  return faults || (signal !== 'error events' && signal !== 'bugsink') ? 'proven' : 'not proven'
}

const findingOf = (share: Share, faults: boolean): Finding => {
  const { signal, joined, of, unjoined } = share
  const verdict = verdictOf(share, faults)
  const [first] = unjoined
  const why = first && `; the first: ${first.sent.what}, ${first.sent.correlationId}: ${first.why}`
  const doubt = verdict === 'not proven' ? `; ${NO_FAULTS}` : ''
  return { what: WHAT[signal], verdict, detail: `${joined} of ${of}, ${percent(joined, of)}${why ?? ''}${doubt}` }
}

const absentOf = (absences: Absences): Finding[] =>
  Object.entries(STORE_OF).flatMap(([signal, store]) => {
    const why = absences[store]
    return why === undefined ? [] : [{ what: WHAT[signal as Signal], verdict: 'not proven', detail: why }]
  })

const EXEMPLARS = 'each exemplar of these requests leads to a span that is stored'

const exemplarFinding = async (
  { backEnds }: Live,
  { tempo, prometheus }: Absences,
  window: Window,
  { traces }: Evidence,
): Promise<{ finding: Finding; found: number }> => {
  const absent = tempo ?? prometheus
  if (absent !== undefined || traces === undefined) {
    return { finding: { what: EXEMPLARS, verdict: 'not proven', detail: absent ?? 'no traces' }, found: 0 }
  }
  const exemplars = await exemplarsOf(backEnds.prometheus, '{__name__=~".+_bucket"}', window)
  const { resolved, of, first } = exemplarShare(exemplars, traces)
  const verdict = of > 0 && resolved / of >= BAR ? 'proven' : 'failed'
  const detail =
    of === 0 ? 'Prometheus has none of them' : `${resolved} of ${of}${first === undefined ? '' : `; ${first}`}`
  return { finding: { what: EXEMPLARS, verdict, detail }, found: of }
}

const faultsFinding = (faults: boolean, population: readonly Sent[]): Finding => {
  const what = 'a few of them were made to fail in each service'
  const faulted = population.filter((sent) => sent.faulted !== undefined).length
  return faults
    ? { what, verdict: 'proven', detail: `${faulted} requests` }
    : { what, verdict: 'not proven', detail: NO_FAULTS }
}

const rowOf = ({ sent, signal, why }: Unjoined): string[] => [sent.what, signal, sent.correlationId, sent.traceId, why]

const tableOf = (shares: readonly Share[]): string[][] => {
  const unjoined = shares.flatMap((share) => share.unjoined).slice(0, SHOWN)
  return unjoined.length === 0 ? [] : [['request', 'signal', 'correlation id', 'trace', 'why'], ...unjoined.map(rowOf)]
}

const prove = async (live: Live, requests: number): Promise<Proof> => {
  const absences = await absencesIn(live)
  const faults = await takesFaults(live)
  const mark = newMark('join')
  await using caller = openCaller({ url: live.api, mark })
  live.say('join', `sending ${requests} requests, correlation ids ${mark}-…`)
  await sendAll(live, caller, { requests, faults })
  const population = caller.sent
  live.say('join', `${population.length} requests are answered; looking for them in every store`)
  const { shares, evidence } = await gather(live, absences, population, mark)
  const window = { fromMs: Math.min(...population.map(({ sentMs }) => sentMs)), toMs: Date.now() + SCRAPED_MS }
  const exemplars = await exemplarFinding(live, absences, window, evidence)
  const whole = new Set(shares.flatMap(({ unjoined }) => unjoined.map(({ sent }) => sent.correlationId)))
  const table = tableOf(shares)
  return {
    findings: [
      ...shares.map((share) => findingOf(share, faults)),
      exemplars.finding,
      faultsFinding(faults, population),
      ...absentOf(absences),
    ],
    figures: {
      requests: population.length,
      'kinds of request': new Set(population.map(({ what }) => what)).size,
      ...Object.fromEntries(shares.map(({ signal, joined, of }) => [`joined by ${signal}`, percent(joined, of)])),
      'joined by all': percent(population.length - whole.size, population.length),
      'exemplars of them': exemplars.found,
    },
    ...(table.length > 0 && { table }),
  }
}

/** Any request can be followed by any of its ids through every store. `requests` is how many are tried. */
export const createJoinPart = ({ requests }: { requests: number }): Part => ({
  name: 'join',
  claim:
    'By any one of its ids a request is found in its trace, its lines in both log stores, its error event and its exemplars.',
  prove: (live) => prove(live, requests),
})
