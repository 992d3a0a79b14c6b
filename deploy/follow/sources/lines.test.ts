import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { linesFromEnd } from './lines.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pharos-follow-'))
})
after(() => rm(folder, { recursive: true }))

const write = async (content: string): Promise<string> => {
  const file = join(folder, 'file.jsonl')
  await writeFile(file, content)
  return file
}

const all = (file: string, ...needles: string[]): Promise<string[]> => Array.fromAsync(linesFromEnd(file, needles))

test('lines with a needle come last first, each once, however often they hold it', async () => {
  const file = await write('a x\nb y x\nc\nd y y\n')
  assert.deepEqual(await all(file, 'x', 'y'), ['d y y', 'b y x', 'a x'])
  assert.deepEqual(await all(file, 'z'), [])
  assert.deepEqual(await all(file, ''), [])
})

test('a last line without its end is given too, and an empty file gives nothing', async () => {
  assert.deepEqual(await all(await write('a x\nb x'), 'x'), ['b x', 'a x'])
  assert.deepEqual(await all(await write(''), 'x'), [])
})

test('lines that lie across blocks, or are longer than many, arrive whole', async () => {
  const long = `${'-'.repeat(3_000_000)}x${'é'.repeat(700_000)}`
  const lines = [
    'first x',
    long,
    ...Array.from({ length: 20_000 }, (_, i) => `filler ${i} ${'·'.repeat(80)}`),
    'last x',
  ]
  assert.deepEqual(await all(await write(lines.join('\n')), 'x'), ['last x', long, 'first x'])
})

test('who stops early does not read on', async () => {
  const file = await write(Array.from({ length: 100_000 }, (_, i) => `line ${i} x`).join('\n'))
  for await (const line of linesFromEnd(file, ['x'])) {
    assert.equal(line, 'line 99999 x')
    break
  }
})
