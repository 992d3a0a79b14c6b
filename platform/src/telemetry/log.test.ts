import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { KIT, startChild } from '../../test/telemetry/child-process.ts'

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const JWT = 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl'

const script = (body: string): string => `
  import { log, setLogLevel } from '${KIT}/telemetry/log.ts'
  import { runWork, setUser } from '${KIT}/telemetry/context.ts'
  import { scrape } from '${KIT}/telemetry/metrics.ts'
  import { SpanShape } from '${KIT}/telemetry/span-shape.ts'
  ${body}
`

const run = async (body: string, env: Record<string, string> = {}) => {
  await using child = startChild(script(body), env)
  assert.equal((await child.exit).code, 0, child.stderr())
  return { lines: child.lines(), text: child.stdout() }
}

test('a line is flat JSON with ECS keys and the ids of its request', async () => {
  const { lines } = await run(
    `
    const origin = { traceparent: '${TRACEPARENT}', correlationId: 'mine' }
    await runWork({ shape: new SpanShape('work', 'server'), origin }, async () => {
      setUser(42)
      log.info('user read', { 'event.action': 'user.read' })
    })
    log.warn('alone')
    `,
    { SERVICE_VERSION: '1.2.3', DEPLOYMENT_ENVIRONMENT: 'test' },
  )
  const [inside, outside] = lines as [Record<string, unknown>, Record<string, unknown>]
  const { '@timestamp': at, 'span.id': spanId, ...rest } = inside
  assert.match(String(at), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  assert.match(String(spanId), /^[0-9a-f]{16}$/)
  assert.deepEqual(rest, {
    'log.level': 'info',
    message: 'user read',
    'ecs.version': '8.11.0',
    'service.name': 'child',
    'service.version': '1.2.3',
    'service.environment': 'test',
    'trace.id': '4bf92f3577b34da6a3ce929d0e0e4736',
    'labels.correlation_id': 'mine',
    'user.id': '42',
    'event.action': 'user.read',
  })
  assert.deepEqual(
    [outside['log.level'], outside['trace.id'], outside['labels.correlation_id']],
    ['warn', undefined, undefined],
  )
})

test('an error becomes type, message and stack with its cause, without addresses, tokens and passwords', async () => {
  const { lines, text } = await run(`
    const cause = new Error('connect redis://:hunter22@127.0.0.1')
    log.error('failed for ada@example.org', {}, new TypeError('token ${JWT} of ada@example.org', { cause }))
    log.error('thrown string', {}, 'Bearer hunter22')
  `)
  assert.equal(lines[0]?.['error.type'], 'TypeError')
  assert.match(String(lines[0]?.['error.stack_trace']), /TypeError: token[^]*Caused by: Error: connect redis/)
  assert.equal(lines[1]?.['error.message'], 'Bearer [redacted]')
  assert.doesNotMatch(text, /hunter22|ada@|eyJ/)
})

test('secrets in fields do not reach the line, at any depth', async () => {
  const { lines, text } = await run(`
    log.info('sent', {
      'event.action': 'sent',
      password: 'hunter22',
      config: { list: [{ client_secret: 'hunter22', 'db.url': 'postgres://u:hunter22@db/x' }] },
      to: 'ada@example.org',
      'http.request.header.cookie': 'hunter22',
    })
  `)
  assert.equal(lines[0]?.['event.action'], 'sent')
  assert.doesNotMatch(text, /hunter22|ada@/)
})

test('fields that JSON can’t hold neither throw nor lose the line', async () => {
  const { lines } = await run(`
    const loop = {}; loop.self = loop
    log.info('odd', { loop, big: 10n, nothing: undefined, fn: () => {}, when: new Date(0) })
    log.info('percent %s %d {} \\n"quoted"')
  `)
  assert.deepEqual(
    lines.map(({ message }) => message),
    ['odd', 'percent %s %d {} \n"quoted"'],
  )
  assert.equal(lines[0]?.['big'], '10')
})

test('the level is taken from LOG_LEVEL and can be changed at run time', async () => {
  const { lines } = await run(
    `
    log.info('too quiet')
    log.warn('one')
    setLogLevel('debug')
    log.debug('two')
    setLogLevel('error')
    log.warn('too quiet')
    log.error('three')
    `,
    { LOG_LEVEL: 'warn' },
  )
  assert.deepEqual(
    lines.map(({ message }) => message),
    ['one', 'two', 'three'],
  )
})

test('TELEMETRY_LOGS=off and TELEMETRY=off write nothing', async () => {
  for (const name of ['TELEMETRY_LOGS', 'TELEMETRY'])
    assert.equal((await run(`log.error('x')`, { [name]: 'off' })).text, '')
})

/** Touching process.stdout makes a pipe non-blocking, as libraries may do at any time. */
const flood = (lines: number, end: string): string =>
  script(`
    process.stdout
    for (let n = 0; n < ${lines}; n += 1) log.info('zeile ünïcödé €'.repeat(20), { n })
    process.stderr.write(/^log_lines_dropped_total (\\d+)/m.exec((await scrape()).body)?.[1] ?? 'uncounted')
    ${end}
  `)

const readSlowly = async (lines: number, end = '') => {
  await using child = startChild(flood(lines, end))
  child.process.stdout?.pause()
  await once(child.process.stderr as NodeJS.ReadableStream, 'data')
  child.process.stdout?.resume()
  await child.exit
  const texts = child.stdout().trimEnd().split('\n')
  return { dropped: Number(child.stderr()), texts, numbers: child.lines().map(({ n }) => n as number) }
}

test('a reader that is late gets every line whole and in order, also those of a process that has ended', async () => {
  const { dropped, texts, numbers } = await readSlowly(3_000, 'process.exit(0)')
  assert.deepEqual([dropped, texts.length], [0, 3_000])
  assert.deepEqual(numbers, [...Array(3_000).keys()])
  assert.ok(!texts.some((text) => text.includes('\uFFFD')))
})

test('a reader that does not read costs bounded memory: lines are dropped whole, and counted', async () => {
  const { dropped, texts, numbers } = await readSlowly(25_000)
  assert.ok(dropped > 0)
  assert.equal(texts.length, 25_000 - dropped)
  assert.equal(numbers.length, texts.length)
  assert.ok(!texts.some((text) => text.includes('\uFFFD')))
})
