import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { test } from 'node:test'
import { execa } from 'execa'
import { goBinaryPath } from '../go-build.ts'
import { findProgram } from '../programs.ts'
import { COLLECTOR, collectorConfiguration, type CollectorTargets } from './collector.ts'

const everything: CollectorTargets = {
  files: { folder: '/nowhere' },
  tempo: { endpoint: 'http://127.0.0.1:4319' },
  loki: { url: 'http://127.0.0.1:3100' },
  elasticsearch: { url: 'http://127.0.0.1:9200' },
  kafka: { brokers: '127.0.0.1:9092' },
  logs: { include: '[/nowhere/users.log]', memory: '/nowhere' },
}
const run = { environment: 'local', ports: { otlp: 4318, health: 13_133, metrics: 8888, pipeline: 8889 } }

const filesOf = (targets: CollectorTargets): string[] =>
  collectorConfiguration({ ...run, targets })
    .args.filter((arg) => arg !== '--config')
    .map((file) => file.split('/').at(-1) ?? '')

test('each back end that is there adds its own file to the base, and nothing else does', () => {
  assert.deepEqual(filesOf({}), ['base.yaml'])
  assert.deepEqual(filesOf({ files: everything.files }), ['base.yaml', 'files.yaml'])
  assert.deepEqual(filesOf({ tempo: everything.tempo, kafka: everything.kafka }), [
    'base.yaml',
    'tempo.yaml',
    'kafka.yaml',
  ])
})

test('stores of lines are left out where no lines are read', () => {
  const { logs: _, ...withoutLogs } = everything
  assert.deepEqual(filesOf(withoutLogs), ['base.yaml', 'files.yaml', 'tempo.yaml', 'kafka.yaml'])
})

test('with every back end, every file of the room is used', async () => {
  const room = await readdir(new URL('../../../observability/collector/', import.meta.url))
  const configurations = room.filter((name) => name.endsWith('.yaml') && name !== 'builder.yaml')
  assert.deepEqual(filesOf(everything).toSorted(), configurations.toSorted())
})

const binary = findProgram('otelcol-contrib') ?? goBinaryPath(COLLECTOR)
const skip = !existsSync(binary) && 'the collector has not been built here: "npm run ops" builds it, once'

test('the collector takes each configuration that a run can have', { skip }, async () => {
  const { logs, loki, elasticsearch, ...plain } = everything
  const cases: CollectorTargets[] = [{}, plain, { ...plain, logs, loki }, { ...plain, logs, elasticsearch }, everything]
  for (const targets of cases) {
    const { args, env } = collectorConfiguration({ ...run, targets })
    const result = await execa(binary, ['validate', ...args], { env, reject: false, all: true })
    assert.equal(result.exitCode, 0, `${filesOf(targets).join(', ')}: ${result.all}`)
  }
})

test('the collector refuses a configuration with a name that it does not know', { skip }, async () => {
  const { args, env } = collectorConfiguration({ ...run, targets: {} })
  const planted = ['--config', 'yaml:service::pipelines::metrics/measured::exporters: [nobody]']
  const result = await execa(binary, ['validate', ...args, ...planted], { env, reject: false, all: true })
  assert.match(result.all, /nobody/)
})
