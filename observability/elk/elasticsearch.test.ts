import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { isElasticsearchFetched, startElasticsearch } from '../../deploy/local/components/elasticsearch.ts'
import type { Server } from '../../deploy/local/components/server.ts'
import { temporaryHome, type TemporaryHome } from '../../deploy/local/temporary-home.ts'
import { connect, type Elasticsearch } from './client.ts'
import { provision } from './provision.ts'
import { applyRetention } from './retention.ts'
import { sampleLines, type Line } from './sample-lines.ts'

const skip = !(await isElasticsearchFetched()) && 'OpenSearch is not in the cache: `npm run ops` fetches it'
const DAY_MS = 86_400_000
const RETENTION = { rolloverAge: '1d', rolloverSize: '1gb', keepMs: 7 * DAY_MS }

type Hits = { hits: { total: { value: number }; hits: { _source: Record<string, unknown> }[] } }
type BulkAnswer = { errors: boolean; items: { create: { status: number; error?: { reason: string } } }[] }

describe('a real server', { skip }, () => {
  let home: TemporaryHome
  let server: Server
  let elasticsearch: Elasticsearch
  before(async () => {
    home = await temporaryHome()
    server = await startElasticsearch({ dataDir: join(home.path, 'data'), logFile: join(home.path, 'log') })
    elasticsearch = connect(server.url)
  })
  after(async () => {
    await server.stop()
    await home[Symbol.asyncDispose]()
  })

  const provisioned = async (): Promise<string[]> => {
    const said: string[] = []
    const options = { elasticsearch: server.url, environment: 'test', say: (sentence: string) => said.push(sentence) }
    await provision(options)
    return said
  }

  const write = async (lines: readonly object[]): Promise<void> => {
    const body = lines.map((line) => `{"create":{}}\n${JSON.stringify(line)}\n`).join('')
    const response = await fetch(`${server.url}/logs-pharos-test/_bulk?refresh=true`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body,
    })
    const { items } = (await response.json()) as BulkAnswer
    assert.deepEqual(
      items.map(({ create }) => create.error?.reason ?? create.status),
      lines.map(() => 201),
    )
  }

  const find = async (query: object): Promise<Record<string, unknown>[]> => {
    const answer = (await elasticsearch.send('POST', '/logs-pharos-*/_search', { query, sort: '@timestamp' })) as Hits
    return answer.hits.hits.map((hit) => hit._source)
  }

  const backingIndices = async (): Promise<string[]> => {
    const answer = await elasticsearch.send('GET', '/_data_stream/logs-pharos-test')
    const { data_streams: streams } = answer as { data_streams: { indices: { index_name: string }[] }[] }
    return (streams[0]?.indices ?? []).map((index) => index.index_name)
  }

  test('a server without ILM and security is provisioned, and a second time changes nothing', async () => {
    const [first, ...rest] = await provisioned()
    assert.equal(first, 'logs-pharos-test is made')
    const again = [
      'no ILM here, so retention is done now: rolled over nothing, deleted nothing',
      'no security here, so no roles',
    ]
    assert.deepEqual(rest, again)
    assert.deepEqual(await provisioned(), ['logs-pharos-test is there', ...again])
    const health = (await elasticsearch.send('GET', '/_cluster/health')) as { status: string }
    assert.equal(health.status, 'green')
  })

  test('the lines of the services are kept as they are, and found by trace, by correlation and by what they say', async () => {
    await write(sampleLines)
    const [line = {}] = sampleLines
    const byTrace = await find({ term: { 'trace.id': line['trace.id'] } })
    assert.deepEqual(byTrace[0], line)
    assert.equal(byTrace.length, sampleLines.filter((other) => other['trace.id'] === line['trace.id']).length)
    const byCorrelation = await find({ term: { 'labels.correlation_id': line['labels.correlation_id'] } })
    assert.deepEqual(byCorrelation, byTrace)
    assert.equal((await find({ match: { 'error.message': 'econnrefused' } })).length, 2)
    assert.equal((await find({ match_phrase: { message: 'signing key' } })).length, 1)
    assert.equal((await find({ range: { 'http.response.status_code': { gte: 500 } } })).length, 1)
    assert.equal((await find({ range: { 'event.duration': { gt: 7_000_000 } } })).length, 2)
  })

  test('an unknown field is searchable, and neither it nor a value of the wrong kind loses a line', async () => {
    const plain: Line = { '@timestamp': '2026-11-24T20:00:00.000Z', message: 'odd', 'event.action': 'odd.line' }
    await write([
      { ...plain, 'app.new_field': 'x', 'app.count': 1 },
      { ...plain, 'app.new_field': 'y'.repeat(5000), 'app.count': 'many' },
      { ...plain, 'event.duration': 'long', 'app.at': '2026-11-24' },
      { ...plain, 'app.at': 'yesterday' },
    ])
    assert.equal((await find({ term: { 'app.new_field': 'x' } })).length, 1)
    assert.equal((await find({ term: { 'event.action': 'odd.line' } })).length, 4)
    assert.equal((await find({ term: { 'app.at': 'yesterday' } })).length, 1)
  })

  test('a changed template counts from the next index on', async () => {
    const old = await backingIndices()
    await elasticsearch.send('PUT', '/_index_template/logs-pharos', {
      index_patterns: ['logs-pharos-*'],
      data_stream: {},
      priority: 500,
      template: { settings: { index: { number_of_shards: 1 } } },
    })
    const [said] = await provisioned()
    assert.equal(said, 'logs-pharos-test goes on in a new index, with the new mapping')
    assert.equal((await backingIndices()).length, old.length + 1)
  })

  test('what took its last line longer ago than the policy says is deleted, what is younger stays', async () => {
    await elasticsearch.send('POST', '/logs-pharos-test/_rollover')
    await write([{ ...sampleLines[0], message: 'young' }])
    const indices = await backingIndices()
    assert.deepEqual(await applyRetention(elasticsearch, RETENTION, Date.now() + 6.9 * DAY_MS), {
      rolledOver: [],
      deleted: [],
    })
    const late = await applyRetention(elasticsearch, RETENTION, Date.now() + 7.1 * DAY_MS)
    assert.deepEqual(late, { rolledOver: [], deleted: indices.slice(0, -1) })
    assert.deepEqual(await backingIndices(), indices.slice(-1))
    assert.equal((await find({ match_all: {} })).length, 1)
  })

  test('an index that is old or large enough is rolled over', async () => {
    const eager = { ...RETENTION, rolloverAge: '1ms' }
    assert.deepEqual(await applyRetention(elasticsearch, eager), { rolledOver: ['logs-pharos-test'], deleted: [] })
    assert.equal((await backingIndices()).length, 2)
  })

  test('a line makes no index where no data stream is', async () => {
    const response = await fetch(`${server.url}/logs-other-test/_doc`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"@timestamp":"2026-11-24T20:00:00Z"}',
    })
    assert.equal(response.status, 404)
  })
})
