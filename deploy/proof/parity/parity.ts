import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { SERVICE_NAMES } from '../../local/services.ts'
import type { Finding, Live, Part, Proof } from '../part.ts'
import { askJson } from '../../ops/queries/ask-json.ts'
import { absencesIn } from '../stores/present.ts'
import { lokiSums } from '../sums.ts'
import { compareCounts, type Counts, type Row } from './compare.ts'

const WINDOW_MS = 5 * 60_000
/** A line is found in both a few seconds after it was written; this is what the claim allows. */
const SETTLED_MS = 30_000
/** Of fewer lines one that is late would be more than a thousandth. */
const ENOUGH_LINES = 1000
const WAIT_MS = 5 * 60_000
const LOOK_MS = 5000

/** The time that is counted: after `fromMs`, up to `toMs`, as Loki has it. */
type Window = { fromMs: number; toMs: number }

const windowNow = (): Window => {
  const toMs = Math.floor((Date.now() - SETTLED_MS) / 1000) * 1000
  return { fromMs: toMs - WINDOW_MS, toMs }
}

const inLoki = async (url: string, { fromMs, toMs }: Window): Promise<Counts> => {
  const seconds = (toMs - fromMs) / 1000
  const sums = await lokiSums(url, `sum by (service_name) (count_over_time({service_name=~".+"}[${seconds}s]))`, toMs)
  return new Map(sums.map(({ labels, value }) => [labels['service_name'] ?? '', value]))
}

const buckets = z.object({
  aggregations: z
    .object({ services: z.object({ buckets: z.array(z.object({ key: z.string(), doc_count: z.number() })) }) })
    .optional(),
})

const inElasticsearch = async (url: string, { fromMs, toMs }: Window): Promise<Counts> => {
  const { aggregations } = await askJson(buckets, `${url}/logs-pharos-*/_search?ignore_unavailable=true`, {
    size: 0,
    query: { range: { '@timestamp': { gt: fromMs, lte: toMs, format: 'epoch_millis' } } },
    aggs: { services: { terms: { field: 'service.name', size: 100 } } },
  })
  return new Map((aggregations?.services.buckets ?? []).map(({ key, doc_count: count }) => [key, count]))
}

const total = (counts: Counts): number => [...counts.values()].reduce((sum, count) => sum + count, 0)

/** Both counts of a window with enough in it; it is waited for while there is not. */
const countBoth = async ({ backEnds, say, signal }: Live): Promise<{ loki: Counts; elasticsearch: Counts }> => {
  const deadline = Date.now() + WAIT_MS
  let told = false
  for (;;) {
    const window = windowNow()
    const [loki, elasticsearch] = await Promise.all([
      inLoki(backEnds.loki, window),
      inElasticsearch(backEnds.elasticsearch, window),
    ])
    const lines = Math.max(total(loki), total(elasticsearch))
    if (lines >= ENOUGH_LINES || Date.now() > deadline) return { loki, elasticsearch }
    if (!told) say('parity', `waiting for ${ENOUGH_LINES} lines; ${lines} so far`)
    told = true
    await delay(LOOK_MS, undefined, { signal })
  }
}

const findingOf = ({ service, loki, elasticsearch, apart, verdict }: Row): Finding => ({
  what: `${service}: as many lines in Loki as in Elasticsearch`,
  verdict,
  detail:
    loki + elasticsearch === 0
      ? 'neither has a line of it'
      : `${loki} and ${elasticsearch}, ${(apart * 100).toFixed(2)} % apart`,
})

const prove = async (live: Live): Promise<Proof> => {
  const absences = await absencesIn(live)
  const missing = [absences.loki, absences.elasticsearch].filter((why) => why !== undefined)
  if (missing.length > 0) {
    const what = 'as many lines in Loki as in Elasticsearch'
    return { findings: [{ what, verdict: 'not proven', detail: missing.join('; ') }], figures: {} }
  }
  const { loki, elasticsearch } = await countBoth(live)
  const rows = compareCounts(loki, elasticsearch, SERVICE_NAMES)
  const [inBoth, few] = [Math.min(total(loki), total(elasticsearch)), total(loki) < ENOUGH_LINES]
  return {
    findings: [
      ...rows.map(findingOf),
      {
        what: 'there were lines enough to compare',
        verdict: few ? 'not proven' : 'proven',
        detail: `${inBoth} of five minutes`,
      },
    ],
    figures: {
      'lines in Loki': total(loki),
      'lines in Elasticsearch': total(elasticsearch),
      'most apart, %': Math.max(0, ...rows.map(({ apart }) => Math.round(apart * 10_000) / 100)),
    },
    table: [
      ['service', 'Loki', 'Elasticsearch', 'apart, %'],
      ...rows.map((row) => [row.service, ...[row.loki, row.elasticsearch].map(String), (row.apart * 100).toFixed(2)]),
    ],
  }
}

export const parityPart: Part = {
  name: 'parity',
  claim: 'Every log line is in both stores: Loki and Elasticsearch count the same of each service.',
  prove,
}
