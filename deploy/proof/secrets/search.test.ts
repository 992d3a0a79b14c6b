import assert from 'node:assert/strict'
import { test } from 'node:test'
import { around, needlesIn, secretsIn } from './search.ts'

const address = { name: 'an e-mail address', text: 'ada+proof@example.org' }
const password = { name: 'a password', text: 'Difference/Engine "1"' }

const forms: readonly [form: string, where: string][] = [
  ['as it is', 'user ada+proof@example.org is known'],
  ['in capitals', 'USER ADA+PROOF@EXAMPLE.ORG'],
  ['in a URL', '/users/email/ada%2Bproof%40example.org'],
  ['in base64', `Basic ${Buffer.from(address.text).toString('base64')}`],
]
for (const [form, where] of forms) {
  test(`a secret is found ${form}`, () => {
    assert.deepEqual(secretsIn(['nothing', where], [address, password]), [address])
  })
}

test('a secret is found as JSON writes it', () => {
  assert.deepEqual(secretsIn([JSON.stringify({ body: password.text })], [address, password]), [password])
})

test('where nothing is, nothing is found', () => {
  assert.deepEqual(secretsIn(['ada+proof at example.org', ''], [address, password]), [])
})

test('what is shown of a find is its surroundings alone', () => {
  const shown = around([`message: ${address.text} has left`], address)
  assert.equal(shown, 'message: ⟨…⟩ has left')
})

test('a secret that would be found by chance is refused', () => {
  assert.throws(() => secretsIn([], [{ name: 'a short one', text: 'abc' }]), /less than eight/)
})

test('of many needles those are found that are there, at the beginning, in the middle and at the end', () => {
  const needles = Array.from({ length: 500 }, (_, n) => `needle-number-${n}.`)
  const [first = '', second = '', third = ''] = [needles[7], needles[77], needles[499]]
  const text = `${first}${'straw '.repeat(1000)}${second}${second}${' straw'.repeat(1000)}${third}`
  assert.deepEqual([...needlesIn(['short', text], needles)], [first, second, third])
})
