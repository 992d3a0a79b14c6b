import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { eventually } from '@pharos/platform/testing/eventually'
import { readDashboards } from '../../ops/queries/dashboards.ts'
import { goBinaryPath } from '../go-build.ts'
import { freePort } from '../ports.ts'
import { findProgram } from '../programs.ts'
import { temporaryHome } from '../temporary-home.ts'
import { forGrafana10, GRAFANA_API } from './grafana-api.ts'
import { startGrafana } from './grafana.ts'

const DATA_SOURCES = new URL('../../../observability/grafana/provisioning/datasources/pharos.yaml', import.meta.url)

test('an older Grafana gets every data source and every correlation but those with an address', async () => {
  const text = await readFile(DATA_SOURCES, 'utf8')
  const older = forGrafana10(text)
  const uids = (yaml: string): string[] => [...yaml.matchAll(/uid: (\w+)$/gm)].flatMap(([, uid]) => uid ?? [])
  assert.deepEqual(new Set(uids(older)), new Set(uids(text)))
  assert.match(text, /type: external/)
  assert.doesNotMatch(older, /type: external/)
  assert.match(older, /Lines in Elasticsearch/)
})

const found = z.array(z.object({ uid: z.string() }))

const skip =
  findProgram('grafana') === undefined &&
  !existsSync(goBinaryPath(GRAFANA_API)) &&
  'Grafana has not been built here: "PHAROS_GRAFANA=api npm run ops" builds one without pages, once'

test('Grafana takes our data sources and every dashboard', { skip }, async () => {
  await using stack = new AsyncDisposableStack()
  const { path: home } = stack.use(await temporaryHome())
  const nowhere = 'http://127.0.0.1:9'
  const urls = { prometheus: nowhere, alertmanager: nowhere, loki: nowhere, tempo: nowhere, elasticsearch: nowhere }
  const password = 'correct-horse'
  const grafana = stack.use(
    await startGrafana({
      dataDir: join(home, 'grafana'),
      port: await freePort(),
      password,
      urls,
      apiOnly: true,
      logFile: join(home, 'grafana.log'),
      note: () => {},
    }),
  )
  const headers = { authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}` }
  const ask = async (path: string): Promise<string[]> => {
    const answer = await fetch(`${grafana.url}${path}`, { headers })
    return found.parse(await answer.json()).map(({ uid }) => uid)
  }
  const sources = await ask('/api/datasources')
  assert.deepEqual(sources.toSorted(), ['alertmanager', 'elasticsearch', 'loki', 'prometheus', 'tempo'])
  const dashboards = (await readDashboards()).map(({ uid }) => uid)
  // It says that it is ready before it has read them all.
  await eventually(
    async () => {
      assert.deepEqual((await ask('/api/search?type=dash-db')).toSorted(), dashboards.toSorted())
    },
    { timeoutMs: 30_000 },
  )
})
