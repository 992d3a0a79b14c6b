import assert from 'node:assert/strict'
import { platform } from 'node:os'
import { test } from 'node:test'
import { loopbackAddresses } from './addresses.ts'

const onLinux = { skip: platform() !== 'linux' && 'only Linux has more than one loopback address' }

test('each address is a loopback address that was not given before', onLinux, () => {
  const next = loopbackAddresses('http://127.0.0.1:8080')
  const given = Array.from({ length: 1000 }, next)
  assert.equal(new Set(given).size, 1000)
  for (const address of given) {
    assert.match(address ?? '', /^127\.2\d\d\.\d{1,3}\.\d{1,3}$/)
    assert.ok(
      address?.split('.').every((part) => Number(part) > 0 && Number(part) < 255),
      address,
    )
  }
})

test('an API elsewhere is called from wherever it is reached', () => {
  assert.equal(loopbackAddresses('http://pharos.example.org')(), undefined)
})
