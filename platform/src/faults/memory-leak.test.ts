import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'

const LEAK = new URL('memory-leak.ts', import.meta.url).href
// The proportions of a service's heap, in small: an eighth of them goes to semi-spaces.
const HEAP = ['--max-old-space-size=256', '--max-semi-space-size=8', '--expose-gc']

/** What a process with a small heap says at its end; it has `leak`, and `used()` in megabytes and `limit`. */
const run = async (body: string): Promise<number[]> => {
  const code = `
    import { getHeapStatistics } from 'node:v8'
    import { createLeak } from '${LEAK}'
    const MB = 1_048_576
    const limit = getHeapStatistics().heap_size_limit / MB
    const used = () => { gc(); return getHeapStatistics().used_heap_size / MB }
    const leak = createLeak()
    ${body}`
  const { stdout } = await promisify(execFile)(process.execPath, [...HEAP, '--input-type=module', '--eval', code])
  return JSON.parse(stdout) as number[]
}

test('a leak grows by what is asked for, in the heap itself, and is gone when it is told to hold nothing', async () => {
  const [before = 0, grown = 0, freed = 0] = await run(`
    const figures = [used()]
    leak.grow(25)
    leak.grow(25)
    figures.push(used())
    leak.grow(0)
    console.log(JSON.stringify([...figures, used()]))`)
  assert.ok(Math.abs(grown - before - 50) < 5, `${before} MB became ${grown} MB`)
  assert.ok(freed - before < 5, `${freed} MB are left of ${grown} MB`)
})

test('a leak ends at nine tenths of the limit, and the process lives on', async () => {
  const [share = 0] = await run(`
    for (let second = 0; second < 60; second += 1) leak.grow(25)
    const garbage = []
    for (let n = 0; n < 200_000; n += 1) garbage[n % 1_000] = { n }
    console.log(JSON.stringify([used() / limit]))
    leak.grow(0)`)
  assert.ok(share > 0.87 && share < 0.92, `${share} of the limit`)
})
