import assert from 'node:assert/strict'
import { test } from 'node:test'
import { summarise } from './instrument.ts'

test('a text without a name is summarised by operation and table, and its values do not matter', () => {
  const cases = {
    'SELECT "id", "email" FROM "users" AS "User" WHERE "User"."email" = \'ada@example.org\' LIMIT 1;': 'SELECT users',
    'INSERT INTO "users" ("id") VALUES (DEFAULT) RETURNING "id";': 'INSERT users',
    'UPDATE "users" SET "bio"=$1 WHERE "id" = $2': 'UPDATE users',
    'DELETE FROM "posts" WHERE "id" = 5': 'DELETE posts',
    'START TRANSACTION;': 'START',
    COMMIT: 'COMMIT',
    'SELECT 1+1 AS result': 'SELECT',
    'do something odd': 'other',
  }
  for (const [text, summary] of Object.entries(cases)) assert.equal(summarise(text), summary)
})
