import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parseId } from './main.ts'

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const TRACE = '5792e112f1409a845e8c4d2d8293e9e0'

let home = ''
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'pharos-follow-'))
  await mkdir(join(home, 'telemetry'))
  await copyFile(here('fixtures/traces.jsonl'), join(home, 'telemetry/traces.jsonl'))
})
after(() => rm(home, { recursive: true }))

const follow = (args: readonly string[], folder = home): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    const env = { ...process.env, PHAROS_HOME: folder }
    execFile(process.execPath, [here('main.ts'), ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    )
  })

test('an id is taken as it is pasted: bare, as a traceparent, in capitals; anything else is none', () => {
  assert.equal(parseId(' 0193-Abc.d_e '), '0193-Abc.d_e')
  assert.equal(parseId(TRACE.toUpperCase()), TRACE)
  assert.equal(parseId(`00-${TRACE}-00f067aa0ba902b7-01`), TRACE)
  for (const none of ['', 'two words', 'semi;colon', 'x'.repeat(129)]) assert.equal(parseId(none), undefined)
})

test('a story goes to stdout without colour when nobody watches, and the exit code is 0', async () => {
  const { code, stdout, stderr } = await follow([TRACE])
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, /PUT \/api\/v1\/users\/:id {2}200/)
  assert.ok(!stdout.includes('\u001b'))
})

test('an unknown id is exit code 1 and says where it was looked for', async () => {
  const { code, stdout, stderr } = await follow(['unknown-id'])
  assert.deepEqual([code, stdout], [1, ''])
  assert.match(stderr, /✖ Nothing is known of unknown-id\. Looked in:\n.*telemetry: traces\.jsonl \(16 kB\)/)
})

test('without any run, and without an id, it says what to do', async () => {
  const nothing = await follow([TRACE], join(home, 'nowhere'))
  assert.equal(nothing.code, 1)
  assert.match(nothing.stderr, /npm start/)
  const usage = await follow([])
  assert.equal(usage.code, 2)
  assert.match(usage.stderr, /^Usage: npm run follow -- <correlation id \| trace id>/)
})
