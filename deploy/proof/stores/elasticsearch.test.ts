import assert from 'node:assert/strict'
import { test } from 'node:test'
import { elasticsearchLines } from './elasticsearch.ts'
import { answering } from './stub.ts'

const PAGES = [2000, 2000, 17]

test('every page of a search is read, and the search is closed', async () => {
  const seen: string[] = []
  let page = 0
  await using elasticsearch = await answering(({ pathname }, body, method) => {
    seen.push(`${method} ${pathname}`)
    if (method === 'DELETE') return {}
    if (page === 0) assert.match(body, /"prefix":\{"labels\.correlation_id":"mark"\}/)
    const hits = Array.from({ length: PAGES[page] ?? 0 }, (_, n) => ({
      _source: {
        'service.name': 'users',
        message: 'GET',
        'trace.id': `${page}-${n}`,
        'labels.correlation_id': 'mark-1',
      },
    }))
    page += 1
    return { _scroll_id: 'one', hits: { hits } }
  })
  const lines = await elasticsearchLines(elasticsearch.url, 'mark', { fromMs: 1000, toMs: 2000 })
  assert.equal(new Set(lines.map(({ traceId }) => traceId)).size, 4017)
  assert.deepEqual(lines[0], { service: 'users', message: 'GET', traceId: '0-0', spanId: '', correlationId: 'mark-1' })
  assert.deepEqual(seen, [
    'POST /logs-pharos-*/_search',
    'POST /_search/scroll',
    'POST /_search/scroll',
    'DELETE /_search/scroll/one',
  ])
})
