import { z } from 'zod'
import { askJson, search } from '../../ops/queries/ask-json.ts'
import type { StoredLine, Window } from './line.ts'

const PAGE = 5000
const MILLION = 1_000_000n

const answer = z.object({
  data: z.object({
    result: z.array(
      z.object({
        stream: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.string(), z.string()]).rest(z.unknown())),
      }),
    ),
  }),
})

type Entry = { nanoseconds: bigint; stream: Record<string, string>; line: string }

const page = async (url: string, query: string, from: bigint, to: bigint): Promise<Entry[]> => {
  const range = { query, start: String(from), end: String(to), limit: PAGE, direction: 'forward' }
  const { data } = await askJson(answer, `${url}/loki/api/v1/query_range?${search(range)}`)
  return data.result.flatMap(({ stream, values }) =>
    values.map(([time, line]) => ({ nanoseconds: BigInt(time), stream, line })),
  )
}

const keyOf = ({ nanoseconds, stream, line }: Entry): string => JSON.stringify([String(nanoseconds), stream, line])

/** All entries of a query, a page after the other; the last nanosecond of a page is asked for again, because it may go on. */
const entries = async (url: string, query: string, { fromMs, toMs }: Window): Promise<Entry[]> => {
  const found = new Map<string, Entry>()
  const end = BigInt(Math.ceil(toMs)) * MILLION
  for (let from = BigInt(Math.floor(fromMs)) * MILLION; from < end;) {
    const got = await page(url, query, from, end)
    for (const entry of got) found.set(keyOf(entry), entry)
    if (got.length < PAGE) break
    const last = got.reduce((latest, { nanoseconds }) => (nanoseconds > latest ? nanoseconds : latest), from)
    from = last === from ? last + 1n : last
  }
  return [...found.values()]
}

const toLine = ({ stream, line }: Entry): StoredLine => ({
  service: stream['service_name'] ?? '',
  message: line,
  traceId: stream['trace_id'] ?? '',
  spanId: stream['span_id'] ?? '',
  correlationId: stream['labels_correlation_id'] ?? '',
})

/** The lines whose correlation id begins with `mark`, which holds letters, digits and dashes alone. */
export const lokiLines = async (url: string, mark: string, window: Window): Promise<StoredLine[]> => {
  const query = `{service_name=~".+"} | labels_correlation_id=~"${mark}.*"`
  return (await entries(url, query, window)).map(toLine)
}

/** Everything that Loki keeps of a time, as texts: labels, metadata and lines. */
export const lokiTexts = async (url: string, window: Window): Promise<string[]> =>
  (await entries(url, '{service_name=~".+"}', window)).map(({ stream, line }) => `${JSON.stringify(stream)} ${line}`)
