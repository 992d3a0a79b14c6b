import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryHome } from '../temporary-home.ts'
import { isElasticsearchFetched, startElasticsearch } from './elasticsearch.ts'

const skip = !(await isElasticsearchFetched()) && 'OpenSearch is not in the cache: `npm run ops` fetches it'

test('OpenSearch answers as Elasticsearch, on loopback only, and keeps its data through a stop', { skip }, async () => {
  await using home = await temporaryHome()
  await using server = await startElasticsearch({ dataDir: join(home.path, 'data'), logFile: join(home.path, 'log') })
  const put = (path: string, body: string): Promise<Response> =>
    fetch(`${server.url}${path}`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body })
  const made = await put('/kept', '{}')
  assert.deepEqual([made.status, made.headers.get('x-elastic-product')], [200, 'Elasticsearch'])
  assert.equal((await put('/kept/_doc/1', '{"what":"it"}')).status, 201)
  await server.stop()
  await server.start()
  const found = (await (await fetch(`${server.url}/kept/_doc/1`)).json()) as { _source: unknown }
  assert.deepEqual(found._source, { what: 'it' })
  const nodes = (await (await fetch(`${server.url}/_nodes/http,transport`)).json()) as {
    nodes: Record<string, { http: { bound_address: string[] }; transport: { bound_address: string[] } }>
  }
  const addresses = Object.values(nodes.nodes).flatMap((node) => [node.http, node.transport])
  assert.deepEqual(
    addresses.flatMap((address) => address.bound_address).map((address) => address.split(':')[0]),
    ['127.0.0.1', '127.0.0.1'],
  )
})
