import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { postCreated } from '@pharos/platform/contracts/events/post-created.v1'
import { followersGathered, MAX_GATHERED } from '@pharos/platform/contracts/events/followers-gathered.v1'
import { eventually } from '@pharos/platform/testing/eventually'
import { testTopics } from '@pharos/platform/testing/stores'
import { ORIGIN, startRelations } from './relations-service.ts'
import type { RelationsUnderTest } from './relations-service.ts'

let stack: AsyncDisposableStack
let relations: RelationsUnderTest
before(async () => {
  stack = new AsyncDisposableStack()
  const kafka = stack.use(await testTopics({ only: ['pharos.users.v1', 'pharos.posts.v1', 'pharos.relations.v1'] }))
  relations = stack.use(await startRelations({ kafka, keepEvents: true }))
})
after(() => stack.disposeAsync())

let lastId = 1_000_000
const newId = (): number => (lastId += 1)

/** An author whom the users 1 to `followers` follow, in this order. */
const author = async (followers: number): Promise<number> => {
  const id = newId()
  await relations.run(
    `INSERT INTO follows (follower_id, followee_id, created_at)
     SELECT n, $1::bigint, now() FROM generate_series(1, $2::bigint) AS n ORDER BY n`,
    [id, followers],
  )
  return id
}
const postOf = (authorId: number, key?: string) => {
  const id = newId()
  const data = { id, author_id: authorId, title: 'Poetical science', created_at: new Date().toISOString(), version: 1 }
  const event = postCreated.event(data)
  return { ...event, key: key ?? event.key }
}
type Post = ReturnType<typeof postOf>

const gatheredFor = async ({ data }: Post) => {
  const events = (await relations.events()).filter(({ type }) => type === 'followers.gathered')
  const parsed = events.map((event) => ({ key: event.key, data: followersGathered.schema.parse(event.data) }))
  return parsed.filter(({ data: { post } }) => post.id === data.id)
}
const idsFor = async (post: Post) => (await gatheredFor(post)).flatMap(({ data }) => data.follower_ids)
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)
/** Resolves when all that was sent before with the same key has been handled. */
const settled = async (key: string): Promise<void> => {
  const last = postOf(await author(1), key)
  await relations.publish(last)
  await eventually(async () => assert.equal((await gatheredFor(last)).length, 1))
}
const handled = (event: Post) => relations.run('SELECT 1 FROM inbox WHERE event_id = $1', [event.id])
const work = () => relations.run<{ position: number }>('SELECT position FROM batched_work')

describe('of a new post', () => {
  test('the followers of its author are to hear, in one event of the request that has made the post', async () => {
    const id = await author(3)
    const post = postOf(id)
    await relations.publish(post)
    await eventually(async () => assert.deepEqual(await idsFor(post), [1, 2, 3]))
    const [event] = await gatheredFor(post)
    assert.equal(event?.key, String(id))
    assert.deepEqual(event.data.post, { id: post.data.id, author_id: id, title: 'Poetical science' })
    const [row] = await relations.run<Record<string, string>>(
      'SELECT topic, source, traceparent, correlation_id FROM outbox WHERE key = $1',
      [String(id)],
    )
    assert.equal(row?.['topic'], 'pharos.relations.v1')
    assert.equal(row['source'], '/pharos/relations')
    assert.equal(row['correlation_id'], ORIGIN.correlationId)
    assert.equal(row['traceparent']?.split('-')[1], ORIGIN.traceparent.split('-')[1])
  })

  test('nobody is to hear when nobody follows, and then there is no event', async () => {
    const post = postOf(await author(0), 'lonely')
    await relations.publish(post)
    await settled('lonely')
    assert.deepEqual(await gatheredFor(post), [])
    assert.equal((await handled(post)).length, 1)
  })

  test('who follows the author of another post, or is followed by this one, is not to hear', async () => {
    const [id, other] = [await author(2), await author(1)]
    await relations.run('INSERT INTO follows (follower_id, followee_id, created_at) VALUES ($1, $2, now())', [
      id,
      other,
    ])
    const post = postOf(id)
    await relations.publish(post)
    await eventually(async () => assert.deepEqual(await idsFor(post), [1, 2]))
  })

  for (const [followers, sizes] of [
    [MAX_GATHERED, [500]],
    [MAX_GATHERED + 1, [500, 1]],
    [2 * MAX_GATHERED, [500, 500]],
    [1_300, [500, 500, 300]],
  ] as const) {
    test(`${followers} followers are to hear once each, by events of at most 500, though it is delivered twice`, async () => {
      const key = `twice-${followers}`
      const post = postOf(await author(followers), key)
      await relations.publish(post, post)
      await settled(key)
      await relations.publish(post)
      await settled(key)
      await eventually(async () => assert.deepEqual(await work(), []))
      assert.deepEqual(
        (await gatheredFor(post)).map(({ data }) => data.follower_ids.length),
        sizes,
      )
      assert.deepEqual(await idsFor(post), upTo(followers))
    })
  }

  test('an author who meanwhile has more followers than an event holds is not told of twice', async () => {
    const id = await author(MAX_GATHERED)
    const post = postOf(id, 'grown')
    await relations.publish(post)
    await settled('grown')
    await relations.run('INSERT INTO follows (follower_id, followee_id, created_at) VALUES ($1, $2, now())', [999, id])
    await relations.publish(post)
    await settled('grown')
    assert.deepEqual(await idsFor(post), upTo(MAX_GATHERED))
  })
})

test('a process that stops between batches leaves the rest to the next one: each follower of then is told of once', async () => {
  const followers = 20_000
  const id = await author(followers)
  const post = postOf(id)
  await relations.publish(post)
  await eventually(async () => assert.ok(((await work())[0]?.position ?? 0) > 0), { intervalMs: 5 })
  await relations.stop()
  const soFar = (await gatheredFor(post)).length
  assert.ok(soFar > 0 && soFar < followers / MAX_GATHERED, `${soFar} events`)

  // One who comes back and one who is new follow after the post, whatever is still to be gathered.
  await relations.run('DELETE FROM follows WHERE follower_id = 1 AND followee_id = $1', [id])
  for (const follower of [1, followers + 1])
    await relations.run('INSERT INTO follows (follower_id, followee_id, created_at) VALUES ($1, $2, now())', [
      follower,
      id,
    ])
  await using _next = await relations.startAnother()
  await eventually(async () => assert.deepEqual(await work(), []))
  assert.deepEqual(await idsFor(post), upTo(followers))
  assert.ok((await gatheredFor(post)).every(({ data }) => data.follower_ids.length <= MAX_GATHERED))
})
