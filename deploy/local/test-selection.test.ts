import assert from 'node:assert/strict'
import { test } from 'node:test'
import { select } from './test.ts'

const files = [
  'services/users/test/users-api.test.ts',
  'services/auth/test/auth-api.test.ts',
  'platform/src/http/auth.test.ts',
]

test('without a word every file runs', () => {
  assert.deepEqual(select(files, []), { files, names: [] })
})

test('a word that is part of a path chooses files', () => {
  assert.deepEqual(select(files, ['services/users']), { files: [files[0]], names: [] })
  assert.deepEqual(select(files, ['auth-api', 'http']), { files: [files[1], files[2]], names: [] })
})

test('any other word chooses tests by name, in the chosen files or in all', () => {
  assert.deepEqual(select(files, ['stranger']), { files, names: ['stranger'] })
  assert.deepEqual(select(files, ['users', 'stranger']), { files: [files[0]], names: ['stranger'] })
})
