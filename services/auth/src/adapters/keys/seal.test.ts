import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret } from '@pharos/platform/runtime/config'
import { createSealer } from './seal.ts'

const sealer = createSealer(new Secret('a secret of thirty-two characters'))

test('what was sealed opens again, and every seal is another', () => {
  const sealed = sealer.seal('key-1', 'private')
  assert.equal(sealer.open('key-1', sealed), 'private')
  assert.notDeepEqual(sealer.seal('key-1', 'private'), sealed)
  assert.ok(!sealed.includes('private'))
})

test('another secret, another name and a changed byte do not open it', () => {
  const sealed = sealer.seal('key-1', 'private')
  assert.throws(() => createSealer(new Secret('another secret of thirty-two chars')).open('key-1', sealed))
  assert.throws(() => sealer.open('key-2', sealed))
  sealed[sealed.length - 1]! ^= 1
  assert.throws(() => sealer.open('key-1', sealed))
})
