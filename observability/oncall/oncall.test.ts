import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Entry } from './journal.ts'
import { startReceiver } from './receiver.ts'

type Receiver = Awaited<ReturnType<typeof startReceiver>>

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oncall-'))
  await writeFile(join(folder, 'TargetDown.md'), '# TargetDown\n\nWho is away, naïvely asked?\n')
  await writeFile(join(folder, 'secret.txt'), 'not for reading')
})
after(() => rm(folder, { recursive: true, force: true }))

let files = 0
const started = async (): Promise<{ receiver: Receiver; file: string }> => {
  files += 1
  const file = join(folder, `${files}.jsonl`)
  return { receiver: await startReceiver({ port: 0, file, runbooks: folder }), file }
}

const links = (name: string) => ({
  runbook_url: `http://runbooks/${name}.md`,
  dashboard_url: `http://grafana/d/pharos-overview?var-service=users&x=1`,
})

const alert = (name: string, status: 'firing' | 'resolved', annotations: Record<string, string> = {}) => ({
  version: '4',
  groupKey: `{}:{alertname="${name}"}`,
  status,
  receiver: 'page',
  alerts: [
    {
      status,
      labels: { alertname: name, service: 'users' },
      annotations: { summary: `${name} of users`, description: 'It is so.', ...links(name), ...annotations },
      startsAt: '2026-11-24T10:00:00Z',
      fingerprint: 'f',
    },
  ],
})

const post = (receiver: Receiver, path: string, body: unknown): Promise<Response> =>
  fetch(receiver.url + path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) })

const text = async (receiver: Receiver, path: string): Promise<string> => (await fetch(receiver.url + path)).text()

const linesOf = async (file: string): Promise<Entry[]> =>
  (await readFile(file, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Entry)

test('every notification is a line of the file, as it came, in order', async () => {
  const { receiver, file } = await started()
  await using _ = receiver
  const firing = alert('TargetDown', 'firing')
  assert.equal((await post(receiver, '/alerts', firing)).status, 200)
  assert.equal((await post(receiver, '/errors', { text: 'A new issue', issue: { id: 7 } })).status, 200)
  assert.equal((await post(receiver, '/alerts', alert('TargetDown', 'resolved'))).status, 200)
  const lines = await linesOf(file)
  assert.deepEqual(
    lines.map(({ status }) => status),
    ['firing', 'error', 'resolved'],
  )
  assert.deepEqual(lines[0]?.notification, firing)
  assert.deepEqual(lines[1]?.notification, { text: 'A new issue', issue: { id: 7 } })
})

test('what comes at the same time is not mixed up', async () => {
  const { receiver, file } = await started()
  await using _ = receiver
  const names = Array.from({ length: 40 }, (_each, index) => `Alert${index}`)
  await Promise.all(names.map((name) => post(receiver, '/alerts', alert(name, 'firing'))))
  assert.equal((await linesOf(file)).length, names.length)
})

test('what is no notification is refused in a sentence, and nothing of it is kept', async () => {
  const { receiver, file } = await started()
  await using _ = receiver
  const faults: [string, string, number, RegExp][] = [
    ['/alerts', '{', 400, /^The body is not JSON\.\n$/],
    ['/errors', '', 400, /^The body is not JSON\.\n$/],
    ['/alerts', '[]', 400, /^This is no notification of Alertmanager: see the body\.\n$/],
    ['/alerts', '{"status":"firing","groupKey":"g","alerts":[{"status":"odd"}]}', 400, /see alerts\.0\.status\.\n$/],
    ['/alerts', 'x'.repeat(1024 * 1024 + 1), 413, /^The body is larger than 1 MB\.\n$/],
    ['/elsewhere', '{}', 404, /^There is nothing at this address\.\n$/],
  ]
  for (const [path, body, status, sentence] of faults) {
    const response = await post(receiver, path, body)
    assert.equal(response.status, status, path + body.slice(0, 60))
    assert.match(await response.text(), sentence)
  }
  await assert.rejects(stat(file), { code: 'ENOENT' })
})

test('a file that cannot be written is a 500, so that Alertmanager tries again', async () => {
  const receiver = await startReceiver({ port: 0, file: join(folder, 'none', 'file.jsonl'), runbooks: folder })
  await using _ = receiver
  assert.equal((await post(receiver, '/alerts', alert('TargetDown', 'firing'))).status, 500)
  assert.match(await text(receiver, '/metrics'), /oncall_notifications_total\{status="firing"\} 0\n/)
})

test('the page shows what fires first, with its runbook and its dashboard, and history after it', async () => {
  const { receiver } = await started()
  await using _ = receiver
  await post(receiver, '/alerts', alert('PostgresDown', 'firing'))
  await post(receiver, '/alerts', alert('TargetDown', 'firing'))
  await post(receiver, '/alerts', alert('TargetDown', 'resolved'))
  await post(receiver, '/errors', { text: 'A new issue' })
  const page = await text(receiver, '/')
  assert.match(page, /<h1>On call: 1 firing<\/h1>/)
  const states = [...page.matchAll(/<article class="(\w+)">.*?<h2>(.*?)<\/h2>/gs)].map((match) => match.slice(1, 3))
  assert.deepEqual(states, [
    ['firing', 'PostgresDown of users'],
    ['error', 'Error tracker'],
    ['resolved', 'TargetDown of users'],
    ['past', 'TargetDown of users'],
  ])
  assert.match(page, /<a href="http:\/\/runbooks\/PostgresDown\.md">Runbook<\/a>/)
  assert.match(page, /<a href="http:\/\/grafana\/d\/pharos-overview\?var-service=users&amp;x=1">Dashboard<\/a>/)
})

test('an error event shows what it says of itself, with its address', async () => {
  const { receiver } = await started()
  await using _ = receiver
  const said = [{ title: 'AppError: gone', url: 'http://tracker/issues/7' }, { text: 'A new issue' }, { odd: 1 }, null]
  for (const body of said) await post(receiver, '/errors', body)
  const page = await text(receiver, '/')
  const articles = [...page.matchAll(/<h2>Error tracker<\/h2><p>(.*?)<\/p>/g)].map(([, content]) => content)
  assert.deepEqual(articles.toReversed(), [
    'AppError: gone <a href="http://tracker/issues/7">Issue</a>',
    'A new issue',
    '{&quot;odd&quot;:1}',
    'null',
  ])
})

test('the page holds the newest hundred, whatever fires', async () => {
  const { receiver } = await started()
  await using _ = receiver
  for (let index = 0; index < 103; index += 1) await post(receiver, '/alerts', alert(`Alert${index}`, 'firing'))
  const page = await text(receiver, '/')
  assert.equal(page.match(/<article/g)?.length, 100)
  assert.ok(page.includes('Alert102') && !page.includes('Alert2 '))
})

test('nothing that is delivered becomes markup, a script or a link that runs one', async () => {
  const { receiver } = await started()
  await using _ = receiver
  const evil = '<img src=x onerror="alert(1)">'
  await post(receiver, '/alerts', alert(evil, 'firing', { summary: evil, runbook_url: 'javascript:alert(1)' }))
  await post(receiver, '/errors', { text: evil })
  await post(receiver, '/errors', [evil])
  const response = await fetch(receiver.url)
  const page = await response.text()
  const tags = [...page.matchAll(/<(\w+)/g)].map(([, tag]) => tag)
  assert.deepEqual(
    tags.filter((tag) => ['img', 'script', 'link', 'iframe'].includes(tag ?? '')),
    [],
  )
  const addresses = [...page.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, address]) => address)
  assert.deepEqual(addresses, ['http://grafana/d/pharos-overview?var-service=users&amp;x=1'])
  assert.match(response.headers.get('content-security-policy') ?? '', /default-src 'none'/)
})

test('the watchdog is heard and kept, and does not fill the page', async () => {
  const { receiver, file } = await started()
  await using _ = receiver
  assert.match(await text(receiver, '/metrics'), /\noncall_last_watchdog_timestamp_seconds 0\n$/)
  const startedAt = Date.now() / 1_000
  await post(receiver, '/alerts', alert('Watchdog', 'firing'))
  const heard = Number(/timestamp_seconds (\S+)\n$/.exec(await text(receiver, '/metrics'))?.[1])
  assert.ok(heard >= startedAt - 0.01 && heard <= Date.now() / 1_000)
  assert.equal((await linesOf(file)).length, 1)
  assert.doesNotMatch(await text(receiver, '/'), /<article/)
})

test('metrics count what was delivered, by status', async () => {
  const { receiver } = await started()
  await using _ = receiver
  await post(receiver, '/alerts', alert('TargetDown', 'firing'))
  await post(receiver, '/alerts', alert('Watchdog', 'firing'))
  await post(receiver, '/alerts', alert('TargetDown', 'resolved'))
  await post(receiver, '/errors', {})
  await post(receiver, '/alerts', '{')
  const response = await fetch(`${receiver.url}/metrics`)
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  assert.match(
    await response.text(),
    /^# TYPE oncall_notifications_total counter\noncall_notifications_total\{status="firing"\} 2\n.*"resolved"\} 1\n.*"error"\} 1\n/,
  )
})

test('runbooks are served as Markdown in UTF-8, and nothing else of the disk is', async () => {
  const { receiver } = await started()
  await using _ = receiver
  const response = await fetch(`${receiver.url}/runbooks/TargetDown.md`)
  assert.equal(response.headers.get('content-type'), 'text/markdown; charset=utf-8')
  assert.match(await response.text(), /naïvely/)
  const missing = await fetch(`${receiver.url}/runbooks/Nobody.md`)
  assert.equal(missing.status, 404)
  assert.equal(await missing.text(), 'There is no runbook Nobody.\n')
  // fetch would tidy these paths up before it sends them.
  for (const path of [
    '../secret.txt',
    '..%2fsecret.txt',
    './TargetDown.md',
    'secret.txt',
    'x/../TargetDown.md',
    'TargetDown.md%00',
  ]) {
    const socket = connect(Number(new URL(receiver.url).port), '127.0.0.1')
    socket.end(`GET /runbooks/${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    const answer = await socket.setEncoding('utf8').toArray()
    assert.match(answer.join(''), /^HTTP\/1\.1 404 /, path)
  }
})

test('a new process knows what the one before it was told, also after half a line', async () => {
  const { receiver, file } = await started()
  await post(receiver, '/alerts', alert('TargetDown', 'firing'))
  await post(receiver, '/alerts', alert('Watchdog', 'firing'))
  const metrics = await text(receiver, '/metrics')
  await receiver[Symbol.asyncDispose]()
  await appendFile(file, '{"received_at":"2026-')
  const next = await startReceiver({ port: 0, file, runbooks: folder })
  await using _ = next
  assert.match(await text(next, '/'), /TargetDown of users/)
  const lastHeard = /oncall_last_watchdog_timestamp_seconds \S+/.exec(metrics)?.[0] ?? 'none'
  assert.ok((await text(next, '/metrics')).includes(lastHeard))
  await post(next, '/alerts', alert('TargetDown', 'resolved'))
  const written = (await readFile(file, 'utf8')).trimEnd().split('\n')
  assert.equal((JSON.parse(written.at(-1) ?? '') as Entry).status, 'resolved')
})

test('a file of 16 MB is put aside and a new one begins', async () => {
  const { receiver, file } = await started()
  await using _ = receiver
  await post(receiver, '/alerts', alert('TargetDown', 'firing'))
  await truncate(file, 16 * 1024 * 1024 + 1)
  await post(receiver, '/alerts', alert('TargetDown', 'resolved'))
  assert.equal((await stat(`${file}.1`)).size, 16 * 1024 * 1024 + 1)
  assert.deepEqual(
    (await linesOf(file)).map(({ status }) => status),
    ['resolved'],
  )
})

const main = fileURLToPath(new URL('main.ts', import.meta.url))
const run = (env: Record<string, string>) => {
  const child = spawn(process.execPath, [main], { env: { PATH: process.env['PATH'], ...env }, stdio: 'pipe' })
  const said: string[] = []
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (data: string) => said.push(data))
  return { child, exit: once(child, 'exit'), said: () => said.join('') }
}

test('the process serves until SIGTERM, and ends with what it was told', async () => {
  const file = join(folder, 'process.jsonl')
  const { child, exit, said } = run({ ONCALL_PORT: '0', ONCALL_FILE: file })
  await once(child.stdout, 'data')
  const url = /http:\S+/.exec(said())?.[0] ?? ''
  assert.equal((await fetch(`${url}/healthz`)).status, 200)
  await fetch(`${url}/alerts`, { method: 'POST', body: JSON.stringify(alert('TargetDown', 'firing')) })
  child.kill('SIGTERM')
  assert.deepEqual(await exit, [0, null])
  assert.equal((await linesOf(file)).length, 1)
})

test('a process that cannot start says in one sentence why not', async () => {
  const { receiver } = await started()
  await using _ = receiver
  const file = join(folder, 'never.jsonl')
  const faults: [Record<string, string>, RegExp][] = [
    [{}, /^✖ ONCALL_FILE is not set: notifications need a file to be kept in\.\n$/],
    [{ ONCALL_FILE: file, ONCALL_PORT: 'http' }, /^✖ ONCALL_PORT must be a port\.\n$/],
    [{ ONCALL_FILE: file, ONCALL_PORT: new URL(receiver.url).port }, /^✖ listen EADDRINUSE.*\n$/],
  ]
  for (const [env, sentence] of faults) {
    const { exit, said } = run(env)
    assert.deepEqual(await exit, [1, null])
    assert.match(said(), sentence)
  }
})
