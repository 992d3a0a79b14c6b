import assert from 'node:assert/strict'
import { test } from 'node:test'
import { descendantsOf, isAlive } from './process-identity.ts'
import { givenStores, startStores } from './stores.ts'
import { startSystem } from './system.ts'
import { temporaryHome } from './temporary-home.ts'

test('a start that fails says at which step, and leaves nothing running', async () => {
  await using home = await temporaryHome()
  await using stores = await startStores({
    home: home.path,
    given: { ...givenStores(process.env), kafka: '127.0.0.1:1' },
  })
  const before = new Set(descendantsOf(process.pid).map(({ pid }) => pid))
  await assert.rejects(
    startSystem({ stores: stores.urls, home: home.path }),
    /^Failure: Making the Kafka topics failed/,
  )
  const left = descendantsOf(process.pid).filter((child) => !before.has(child.pid) && isAlive(child))
  assert.deepEqual(left, [])
})
