import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { postsApi } from '@pharos/platform/contracts/http/posts'
import type { Call, SliceContext } from './scenario.ts'
import { newPost, SOCIAL_SCENARIOS } from './social-scenarios.ts'

const ids = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index)

const SLICE: SliceContext = {
  serial: 3,
  asked: 0,
  seconds: 4,
  connections: 16,
  sessions: ids(1, 16).map((userId) => ({ userId, token: `token-${userId}` })),
  profiles: { first: 1000, count: 10 },
  social: { authors: ids(301, 200), posts: ids(1, 2000), celebrities: ids(17, 121) },
  surnames: [],
}

const verbOf = ({ path }: Call): string | undefined => /\/relation\/(follow|unfollow)$/.exec(path)?.[1]

/** Nobody is followed twice at once, and nothing is left at the end, so that the list may begin anew. */
const requirePairs = (calls: readonly Call[]): number => {
  const followed = new Set<string>()
  let pairs = 0
  for (const call of calls.filter((each) => verbOf(each) !== undefined)) {
    const { followee_id: followee } = JSON.parse(call.body ?? '') as { followee_id: number }
    const key = String(followee)
    assert.equal(followed.has(key), verbOf(call) === 'unfollow')
    if (followed.delete(key)) pairs += 1
    else followed.add(key)
  }
  assert.equal(followed.size, 0)
  return pairs
}

test('a post of the benchmark has two tags and a medium, and the contract takes it', () => {
  for (const number of ids(0, 100)) {
    const post = postsApi.createPost.body.parse(newPost(number))
    assert.equal(new Set(post.tags).size, 2)
    assert.equal(post.media_items?.length, 1)
  }
})

test('follows come in pairs on every connection', () => {
  for (const connection of ids(0, 16)) {
    const calls = SOCIAL_SCENARIOS.follow.calls(SLICE, connection)
    assert.equal(requirePairs(calls) * SOCIAL_SCENARIOS.follow.unit.calls, calls.length)
  }
})

describe('the mix', () => {
  const calls = SOCIAL_SCENARIOS.mix.calls(SLICE, 5)

  test('is seven reads to three writes', () => {
    assert.equal(calls.filter(({ method }) => method === 'GET').length, 70)
    assert.equal(calls.length, 100)
  })

  test('has as many posts as follows and as unfollows, in pairs', () => {
    assert.equal(requirePairs(calls), 10)
    assert.equal(calls.filter(({ path }) => path.endsWith('/posts')).length, 10)
  })

  test('has every read in equal parts, of many things', () => {
    const reads = calls.filter(({ method }) => method === 'GET').map(({ path }) => path)
    const kinds = Map.groupBy(reads, (path) => path.replaceAll(/\d+/g, 'n'))
    assert.equal(kinds.size, 6)
    for (const paths of kinds.values()) assert.ok(paths.length >= 11 && paths.length <= 12)
    assert.ok(new Set(reads).size > 35)
  })

  test('of two connections asks for other things', () =>
    assert.notDeepEqual(
      SOCIAL_SCENARIOS.mix.calls(SLICE, 6).map(({ path }) => path),
      calls.map(({ path }) => path),
    ))
})
