import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authApi } from '@pharos/platform/contracts/http/auth'
import { postsApi } from '@pharos/platform/contracts/http/posts'
import { personOf } from './people.ts'
import { createRandom, weighted, zipf } from './random.ts'
import { TAGS, tagOf, writingOf } from './writing.ts'

const places = Array.from({ length: 500 }, (_, place) => place)

test('a place of a population is always the same person, whoever was made before', () => {
  const first = personOf(42, 7)
  personOf(1, 1)
  assert.deepEqual(personOf(42, 7), first)
  assert.notDeepEqual(personOf(43, 7), first)
})

test('everybody can register, under a name that nobody else has', () => {
  const people = [42, 43].flatMap((seed) => places.map((place) => personOf(seed, place)))
  for (const person of people) assert.ok(authApi.register.body.safeParse(person).success, JSON.stringify(person))
  assert.equal(new Set(people.map(({ username }) => username)).size, people.length)
})

test('a post has the same words for the same seed, and the contract takes every one', () => {
  assert.deepEqual(writingOf(42, 7, 0), writingOf(42, 7, 0))
  assert.notDeepEqual(writingOf(42, 7, 0), writingOf(42, 7, 1))
  for (const place of places) {
    const writing = writingOf(42, place, 0)
    assert.ok(postsApi.createPost.body.safeParse(writing).success, JSON.stringify(writing))
    assert.equal(new Set(writing.tags).size, writing.tags.length)
  }
})

test('the first tag is used about ten times as often as the tenth', () => {
  const random = createRandom(1)
  const counts = new Map<string, number>()
  for (let n = 0; n < 50_000; n += 1) {
    const tag = tagOf(random)
    counts.set(tag, (counts.get(tag) ?? 0) + 1)
  }
  const ratio = (counts.get(TAGS[0] ?? '') ?? 0) / (counts.get(TAGS[9] ?? '') ?? 1)
  assert.ok(ratio > 8 && ratio < 12, String(ratio))
})

test('what has no weight never comes, and what has all always does', () => {
  const random = createRandom(1)
  const pick = weighted([0, 1, 0])
  assert.deepEqual(new Set(places.map(() => pick(random))), new Set([1]))
  assert.ok(places.every(() => zipf(3, 1)(random) < 3))
})
