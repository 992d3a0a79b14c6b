import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fold } from './search.ts'

test('texts that differ in case or in the coding of an accent are the same to a search', () => {
  assert.equal(fold('ÉLODIE'), fold('e\u0301lodie'))
  assert.equal(fold('Ada_L.'), 'ada_l.')
})
