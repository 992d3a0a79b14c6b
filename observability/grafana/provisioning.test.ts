import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parse } from 'yaml'
import { textsOf } from './lint/dashboard-json.ts'
import { sources } from './src/sources.ts'

type DataSource = { readonly uid: string; readonly type: string; readonly url: string; readonly editable: boolean }

const read = (path: string): unknown => parse(readFileSync(new URL(`provisioning/${path}`, import.meta.url), 'utf8'))

const file = read('datasources/pharos.yaml') as { readonly datasources: readonly DataSource[] }
const dashboards = read('dashboards/pharos.yaml')

const ENVIRONMENT = [...sources, 'alertmanager'].map((name) => `$PHAROS_${name.toUpperCase()}_URL`)

test('every store that dashboards ask is provisioned under its own name, at an address from the environment', () => {
  assert.deepEqual(
    file.datasources
      .map(({ uid, type, url, editable }) => ({ uid, type, url, editable }))
      .toSorted((a, b) => a.uid.localeCompare(b.uid)),
    [...sources, 'alertmanager'].toSorted().map((name) => ({
      uid: name,
      type: name,
      url: `$PHAROS_${name.toUpperCase()}_URL`,
      editable: false,
    })),
  )
})

test('Grafana fills in our environment and nothing else', () => {
  const filled = [file, dashboards]
    .flatMap(textsOf)
    .flatMap((text) => text.replaceAll('$$', '').match(/\$\{?\w+/g) ?? [])
  assert.deepEqual([...new Set(filled)].toSorted(), [...ENVIRONMENT, '$PHAROS_DASHBOARDS'].toSorted())
})

/** Every data source that another one leads to. */
const targets = (value: unknown): string[] => {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    ['datasourceUid', 'targetUID', 'alertmanagerUid'].includes(key) ? [String(inner)] : targets(inner),
  )
}

test('every way from one signal to another ends at a store that is provisioned', () => {
  const ways = Object.fromEntries(file.datasources.map((one) => [one.uid, [...new Set(targets(one))].toSorted()]))
  assert.deepEqual(ways, {
    prometheus: ['alertmanager', 'tempo'],
    alertmanager: [],
    loki: ['tempo'],
    tempo: ['elasticsearch', 'loki', 'prometheus'],
    elasticsearch: ['tempo'],
  })
})
