import { z } from 'zod'
import { askJson } from '../../ops/queries/ask-json.ts'
import type { StoredLine, Window } from './line.ts'

const PAGE = 2000
const KEEP = '1m'

const source = z.record(z.string(), z.unknown())
const answer = z.object({
  _scroll_id: z.string(),
  hits: z.object({ hits: z.array(z.object({ _source: source })) }),
})
type Source = z.output<typeof source>

/** All documents that a filter lets through, a page after the other. */
const documents = async (url: string, filter: readonly unknown[]): Promise<Source[]> => {
  const body = { size: PAGE, query: { bool: { filter } } }
  const path = `logs-pharos-*/_search?ignore_unavailable=true&scroll=${KEEP}`
  let { _scroll_id: id, hits } = await askJson(answer, `${url}/${path}`, body)
  const found: Source[] = []
  while (hits.hits.length > 0) {
    found.push(...hits.hits.map(({ _source }) => _source))
    if (hits.hits.length < PAGE) break
    ;({ _scroll_id: id, hits } = await askJson(answer, `${url}/_search/scroll`, { scroll: KEEP, scroll_id: id }))
  }
  const response = await fetch(`${url}/_search/scroll/${encodeURIComponent(id)}`, { method: 'DELETE' })
  await response.body?.cancel()
  return found
}

const during = ({ fromMs, toMs }: Window) => ({
  range: { '@timestamp': { gte: Math.floor(fromMs), lte: Math.ceil(toMs), format: 'epoch_millis' } },
})

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

const toLine = (fields: Source): StoredLine => ({
  service: textOf(fields['service.name']),
  message: textOf(fields['message']),
  traceId: textOf(fields['trace.id']),
  spanId: textOf(fields['span.id']),
  correlationId: textOf(fields['labels.correlation_id']),
})

/** The lines whose correlation id begins with `mark`. */
export const elasticsearchLines = async (url: string, mark: string, window: Window): Promise<StoredLine[]> => {
  const found = await documents(url, [during(window), { prefix: { 'labels.correlation_id': mark } }])
  return found.map(toLine)
}

/** Everything that Elasticsearch keeps of a time, as texts. */
export const elasticsearchTexts = async (url: string, window: Window): Promise<string[]> =>
  (await documents(url, [during(window)])).map((fields) => JSON.stringify(fields))
