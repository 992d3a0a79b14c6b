import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lookUntil } from './until.ts'

const soon = { withinMs: 30, everyMs: 1, signal: new AbortController().signal }

test('looking ends with the first look that is liked, and a look that fails is a "not yet"', async () => {
  let looks = 0
  const look = async (): Promise<number> => {
    looks += 1
    if (looks === 1) throw new Error('away')
    return looks
  }
  assert.equal(await lookUntil(look, (seen) => seen === 3, soon), 3)
  assert.equal(looks, 3)
})

test('when the time is over, what was seen last is given, or the error when nothing ever was', async () => {
  assert.equal(
    await lookUntil(
      async () => 'nothing yet',
      () => false,
      soon,
    ),
    'nothing yet',
  )
  const away = (): Promise<never> => Promise.reject(new Error('away'))
  await assert.rejects(
    lookUntil(away, () => true, soon),
    /away/,
  )
})

test('whoever gives up need not wait for the end of the time', async () => {
  const signal = AbortSignal.timeout(5)
  await assert.rejects(
    lookUntil(
      async () => 0,
      () => false,
      { withinMs: 60_000, everyMs: 60_000, signal },
    ),
    {
      name: 'AbortError',
    },
  )
})
