import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { refusal } from '@pharos/platform/testing/refusals'
import { alreadyFollowing, followNotFound, startRelations } from './relations-service.ts'
import type { RelationsUnderTest } from './relations-service.ts'

let relations: RelationsUnderTest
let second: Awaited<ReturnType<RelationsUnderTest['startAnother']>>
before(async () => {
  relations = await startRelations()
  second = await relations.startAnother()
})
after(async () => {
  await second[Symbol.asyncDispose]()
  await relations[Symbol.asyncDispose]()
})

const times = <T>(count: number, fn: (n: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => fn(n)))
const statuses = (answers: readonly { readonly status: number }[]) =>
  answers.map(({ status }) => status).toSorted((a, b) => a - b)
const countsAreTrue = async (...ids: number[]) => {
  for (const id of ids) assert.deepEqual(await relations.counts(id), await relations.countedAnew(id))
}
const typesOf = async (followeeId: number) =>
  (await relations.events()).filter(({ key }) => key === String(followeeId)).map(({ type }) => type)

test('of many follows of one pair at once, over two instances, one is done', async () => {
  const [ada, bob] = [await relations.join(), await relations.join()]
  const answers = await times(8, (n) =>
    (n % 2 ? relations : second).api.post('/relation/follow', { followee_id: bob.id }, { token: ada.token }),
  )
  assert.deepEqual(statuses(answers), [200, ...Array.from({ length: 7 }, () => 409)])
  for (const answer of answers.filter(({ status }) => status === 409))
    assert.deepEqual(refusal(answer), alreadyFollowing)
  assert.deepEqual(await relations.counts(bob.id), { followers: 1, followees: 0 })
  assert.deepEqual(await typesOf(bob.id), ['follow.created'])
})

test('of many unfollows of one pair at once, one is done', async () => {
  const [ada, bob] = [await relations.join(), await relations.join()]
  await relations.follow(ada, bob)
  const answers = await times(8, () => relations.unfollow(ada, bob))
  assert.deepEqual(statuses(answers), [200, ...Array.from({ length: 7 }, () => 404)])
  for (const answer of answers.filter(({ status }) => status === 404)) assert.deepEqual(refusal(answer), followNotFound)
  assert.deepEqual(await relations.counts(bob.id), { followers: 0, followees: 0 })
  assert.deepEqual(await typesOf(bob.id), ['follow.created', 'follow.deleted'])
})

test('one follow under one key, sent many times at once, is one follow with one answer', async () => {
  const [ada, bob] = [await relations.join(), await relations.join()]
  const key = { 'idempotency-key': randomUUID() }
  const answers = await times(5, () => relations.follow(ada, bob, key))
  assert.deepEqual(statuses(answers), [200, 200, 200, 200, 200])
  assert.equal(new Set(answers.map(({ text }) => text)).size, 1)
  assert.deepEqual(await relations.counts(bob.id), { followers: 1, followees: 0 })
})

test('many who follow each other at once do not lock each other out', async () => {
  const crowd = await times(8, () => relations.join())
  for (const someone of crowd.slice(1)) assert.equal((await relations.follow(crowd[0]!, someone)).status, 200)
  const pairs = crowd.flatMap((who, a) => crowd.filter((_, b) => a !== b && a > 0).map((whom) => ({ who, whom })))
  for (const change of [relations.follow, relations.unfollow, relations.follow]) {
    const answers = await Promise.all(pairs.map(({ who, whom }) => change(who, whom)))
    assert.deepEqual(new Set(statuses(answers)), new Set([200]))
    await countsAreTrue(...crowd.map(({ id }) => id))
  }
})

test('two who follow each other wait for each other in one order', async () => {
  const [ada, bob] = [await relations.join(), await relations.join()]
  for (const change of [relations.follow, relations.unfollow]) {
    assert.equal((await change(ada, bob)).status, 200)
    assert.equal((await change(bob, ada)).status, 200)
  }
  for (const change of [relations.follow, relations.unfollow]) {
    let answers: Promise<readonly { readonly status: number }[]> | undefined
    await relations.db.transaction(async (tx) => {
      await tx.connection.query('SELECT FROM follow_counts WHERE user_id = $1 FOR UPDATE', [Math.min(ada.id, bob.id)])
      const first = change(ada, bob)
      await relations.waiting(1)
      answers = Promise.all([first, change(bob, ada)])
      await relations.waiting(2)
    })
    assert.ok(answers)
    assert.deepEqual(statuses(await answers), [200, 200])
    await countsAreTrue(ada.id, bob.id)
  }
})

test('follows and unfollows of one pair, mixed at random, leave counts and events that agree with what is there', async () => {
  const [ada, bob] = [await relations.join(), await relations.join()]
  const answers = await times(40, (n) => (n % 3 ? relations.follow(ada, bob) : relations.unfollow(ada, bob)))
  assert.ok(answers.every(({ status }) => [200, 404, 409].includes(status)))
  await countsAreTrue(ada.id, bob.id)
  const types = await typesOf(bob.id)
  const expected = types.map((_, index) => (index % 2 ? 'follow.deleted' : 'follow.created'))
  assert.deepEqual(types, expected, 'the events of a pair are in the order in which it changed')
  assert.equal((await relations.counts(bob.id)).followers, types.length % 2)
})
