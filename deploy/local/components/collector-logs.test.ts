import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { eventually } from '@pharos/platform/testing/eventually'
import { goBinaryPath } from '../go-build.ts'
import { ManagedProcess } from '../managed-process.ts'
import { freePorts } from '../ports.ts'
import { findProgram } from '../programs.ts'
import { temporaryHome } from '../temporary-home.ts'
import { COLLECTOR, collectorConfiguration } from './collector.ts'
import { answersOk } from './server.ts'

const binary = findProgram('otelcol-contrib') ?? goBinaryPath(COLLECTOR)
const skip = !existsSync(binary) && 'the collector has not been built here: "npm run ops" builds it, once'

type Value = { stringValue?: string; kvlistValue?: { values: { key: string; value: Value }[] } }
type LogRecord = { traceId?: string; severityText: string; body: Value; attributes: { key: string; value: Value }[] }
type Batch = { resourceLogs: { scopeLogs: { logRecords: LogRecord[] }[] }[] }

const attribute = (record: LogRecord, name: string): string | undefined =>
  record.attributes.find(({ key }) => key === name)?.value.stringValue

const messageOf = ({ body }: LogRecord): string | undefined =>
  body.stringValue ?? body.kvlistValue?.values.find(({ key }) => key === 'message')?.value.stringValue

/** What the collector makes of these files, as records in the order of their messages. */
const collected = async (files: Readonly<Record<string, string>>, count: number): Promise<LogRecord[]> => {
  await using home = await temporaryHome()
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(home.path, name)), { recursive: true })
    await writeFile(join(home.path, name), text)
  }
  const [otlp = 0, health = 0, metrics = 0, pipeline = 0] = await freePorts(4)
  const { args, env } = collectorConfiguration({
    environment: 'test',
    ports: { otlp, health, metrics, pipeline },
    targets: {
      logs: {
        include: `[${Object.keys(files)
          .map((name) => join(home.path, name))
          .join(', ')}]`,
        memory: home.path,
      },
    },
  })
  const out = join(home.path, 'out.jsonl')
  const sink = `service: {pipelines: {logs/out: {receivers: [file_log], processors: [memory_limiter, redaction], exporters: [file/out]}}}`
  const server = new ManagedProcess({
    name: 'collector',
    command: binary,
    args: [...args, '--config', `yaml:exporters: {file/out: {path: ${out}}}`, '--config', `yaml:${sink}`],
    env,
    logFile: join(home.path, 'collector.txt'),
    ready: () => answersOk(`http://127.0.0.1:${health}/`),
  })
  await server.start()
  try {
    return await eventually(async () => {
      const batches = (await readFile(out, 'utf8')).trim().split('\n')
      const records = batches.flatMap((line) =>
        (JSON.parse(line) as Batch).resourceLogs.flatMap(({ scopeLogs }) =>
          scopeLogs.flatMap(({ logRecords }) => logRecords),
        ),
      )
      assert.equal(records.length, count)
      return records.toSorted((a, b) => (messageOf(a) ?? '').localeCompare(messageOf(b) ?? ''))
    })
  } finally {
    await server.stop()
  }
}

const TRACE = '82bdb46c0d63e59c179ed952a2a5547f'
const line = (service: string, message: string): string =>
  JSON.stringify({
    '@timestamp': '2026-11-24T23:00:00.123Z',
    'log.level': 'warn',
    message,
    'service.name': service,
    'trace.id': TRACE,
    'span.id': '30a28130f2a30b71',
  })

test('a line is the same record from its own file, from Docker and from a node of Kubernetes', { skip }, async () => {
  const docker = (log: string): string =>
    JSON.stringify({ log: `${log}\n`, stream: 'stdout', time: '2026-11-24T23:00:00.2Z' })
  const cut = line('posts', '4 in two parts')
  const records = await collected(
    {
      'users.log': `${line('users', '1 own file')}\n5 FATAL ERROR: no JSON\n`,
      'abc-json.log': `${docker(line('auth', '2 Docker'))}\n`,
      'posts/0.log': [
        `2026-11-24T23:00:00.2Z stdout F ${line('posts', '3 Kubernetes')}`,
        `2026-11-24T23:00:00.2Z stdout P ${cut.slice(0, 40)}`,
        `2026-11-24T23:00:00.2Z stdout F ${cut.slice(40)}\n`,
      ].join('\n'),
    },
    5,
  )
  assert.deepEqual(
    records.map((record) => [
      messageOf(record),
      attribute(record, 'service.name'),
      attribute(record, 'level'),
      record.traceId === TRACE,
    ]),
    [
      ['1 own file', 'users', 'warn', true],
      ['2 Docker', 'auth', 'warn', true],
      ['3 Kubernetes', 'posts', 'warn', true],
      ['4 in two parts', 'posts', 'warn', true],
      ['5 FATAL ERROR: no JSON', 'users', 'error', false],
    ],
  )
})

test('what looks like a token or an address is masked, in keys that say so and in texts', { skip }, async () => {
  const token = 'eyJhbGciOiJFZERTQSJ9aa.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abcdefghijk'
  const secret = { ...(JSON.parse(line('users', `sent ${token} to ada@example.org`)) as object), password: 'hunter22' }
  const [record = assert.fail()] = await collected({ 'users.log': `${JSON.stringify(secret)}\n` }, 1)
  assert.equal(messageOf(record), 'sent **** to ****')
  assert.doesNotMatch(JSON.stringify(record), /hunter22|eyJ|ada@/)
})
