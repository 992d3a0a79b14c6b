import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { DomainEvent } from '@pharos/platform/contracts/events/define'
import { userCreated } from '@pharos/platform/contracts/events/user-created.v1'
import { userDeleted } from '@pharos/platform/contracts/events/user-deleted.v1'
import { userUpdated } from '@pharos/platform/contracts/events/user-updated.v1'
import { connectProducer } from '@pharos/platform/kafka/producer'
import type { ConnectedProducer } from '@pharos/platform/kafka/producer'
import { statement } from '@pharos/platform/postgres/statement'
import { eventually } from '@pharos/platform/testing/eventually'
import { refusal, unauthenticated } from '@pharos/platform/testing/refusals'
import { testTopics } from '@pharos/platform/testing/stores'
import { postNotFound, startPosts } from './posts-service.ts'
import type { PostsUnderTest } from './posts-service.ts'

let stack: AsyncDisposableStack
let posts: PostsUnderTest
let producer: ConnectedProducer
before(async () => {
  stack = new AsyncDisposableStack()
  const kafka = stack.use(await testTopics({ only: ['pharos.users.v1', 'pharos.posts.v1'] }))
  posts = stack.use(await startPosts({ kafka }))
  producer = stack.use(await connectProducer({ ...kafka, clientId: 'test' }))
})
after(() => stack.disposeAsync())

const deliver = (events: readonly DomainEvent[]) =>
  producer.publish(events.map((event) => ({ ...event, data: JSON.stringify(event.data) })))

const cardOf = statement('test.card', 'SELECT version, deleted, username FROM user_cards WHERE id = $1')
const countOf = statement('test.count', 'SELECT total, closed FROM author_post_counts WHERE author_id = $1')
const tagsOf = statement('test.tags', 'SELECT count(*) AS count FROM post_tags WHERE author_id = $1')
const handled = statement('test.handled', 'SELECT count(*) AS count FROM inbox WHERE event_id = ANY($1)')
const failedWork = statement('test.failed-work', 'SELECT count(*) AS count FROM batched_work WHERE failures > 0')
const pendingWork = statement('test.work', 'SELECT count(*) AS count FROM batched_work')

/** How many posts were told to be gone; nobody counts an event before its transaction has committed. */
const deletions = async () =>
  Number(/app_domain_events_total\{type="post.deleted"\} (\d+)/.exec(await posts.metrics())?.[1] ?? 0)

const username = async (id: number) => (await posts.read(id)).body?.data?.author.username
const count = async (what: typeof handled, values: unknown[]) =>
  (await posts.db.statement<{ count: number }>(what, values))[0]?.count

describe('what users publishes', () => {
  test('a new name shows on old posts, also in another replica that had read them', async () => {
    await using another = await posts.startAnother()
    const ada = await posts.join()
    const { id } = await posts.publish(ada)
    const etag = (await posts.read(id)).headers['etag']
    await posts.read(id, another.api)
    const change = { username: `${ada.username}_n`, full_name: 'Ada' }
    assert.equal((await posts.usersApi.put(`/users/${ada.id}`, change, { token: ada.token })).status, 200)
    await eventually(async () => assert.equal(await username(id), change.username))
    await eventually(async () => {
      const { body } = await posts.read(id, another.api)
      assert.deepEqual(body?.data?.author, { id: ada.id, ...change })
    })
    assert.equal((await posts.list(`author_id=${ada.id}`)).posts[0]?.author.full_name, 'Ada')
    assert.notEqual((await posts.read(id)).headers['etag'], etag)
  })

  test('an account that is gone takes its posts along, with an event for each, and none is written any more', async () => {
    await using another = await posts.startAnother()
    const [ada, bob] = [await posts.join(), await posts.join()]
    const tags = [ada.username, 'shared']
    const created = await Promise.all(Array.from({ length: 7 }, () => posts.publish(ada, { tags })))
    const { id } = await posts.publish(bob, { tags: ['shared'] })
    const earlier = await deletions()
    const { total } = await posts.list()
    const shared = (await posts.list('tag=shared')).total
    for (const post of created) await Promise.all([posts.read(post.id), posts.read(post.id, another.api)])
    const options = { token: ada.token }
    assert.equal((await posts.usersApi.delete(`/users/${ada.id}`, options)).status, 204)
    await eventually(async () => assert.equal((await posts.list()).total, total - 7))
    for (const post of created) {
      await eventually(async () => assert.deepEqual(refusal(await posts.read(post.id)), postNotFound))
      await eventually(async () => assert.deepEqual(refusal(await posts.read(post.id, another.api)), postNotFound))
    }
    assert.deepEqual(await posts.list(`author_id=${ada.id}`), { posts: [], total: 0 })
    assert.deepEqual(await posts.list(`tag=${ada.username}`), { posts: [], total: 0 })
    assert.equal((await posts.list('tag=shared')).total, shared - 7)
    assert.equal((await posts.read(id)).status, 200)
    assert.equal(await deletions(), earlier + 7)
    assert.deepEqual(await posts.db.statement(countOf, [ada.id]), [{ total: 0, closed: true }])
    const late = await posts.api.post('/posts', { title: 'Late' }, { token: posts.tokenFor(ada.id) })
    assert.deepEqual(refusal(late), unauthenticated)
  })

  test('what is delivered twice has one effect', async () => {
    const id = 800_000_001
    const created = userCreated.event({ id, username: 'twice', email: 'twice@example.org', version: 1 })
    const updated = userUpdated.event({ id, username: 'twice_2', email: 'twice@example.org', version: 2 })
    const gone = userDeleted.event({ id, version: 3 })
    await deliver([created, updated, created, updated])
    await eventually(async () =>
      assert.deepEqual(await posts.db.statement(cardOf, [id]), [{ version: 2, deleted: false, username: 'twice_2' }]),
    )
    const { id: post } = await posts.publish({ token: posts.tokenFor(id) })
    await deliver([gone, gone, updated])
    await eventually(async () => assert.deepEqual(refusal(await posts.read(post)), postNotFound))
    assert.deepEqual(await posts.db.statement(cardOf, [id]), [{ version: 3, deleted: true, username: null }])
    assert.equal(await count(handled, [[created.id, updated.id, gone.id]]), 3)
    await eventually(async () => assert.equal(await count(pendingWork, []), 0))
    assert.deepEqual(await posts.db.statement(countOf, [id]), [{ total: 0, closed: true }])
  })

  test('what is older than what is known changes nothing', async () => {
    const id = 800_000_002
    const named = (name: string, version: number) =>
      userUpdated.event({ id, username: name, email: 'order@example.org', version })
    await deliver([named('newer', 5), named('older', 4), userDeleted.event({ id: id + 1, version: 2 })])
    await eventually(async () =>
      assert.deepEqual(await posts.db.statement(cardOf, [id + 1]), [{ version: 2, deleted: true, username: null }]),
    )
    await eventually(async () =>
      assert.deepEqual(await posts.db.statement(cardOf, [id]), [{ version: 5, deleted: false, username: 'newer' }]),
    )
    const raised = userUpdated.event({ id: id + 1, username: 'raised', email: 'x@example.org', version: 1 })
    await deliver([raised])
    await eventually(async () => assert.equal(await count(handled, [[raised.id]]), 1))
    assert.deepEqual(await posts.db.statement(cardOf, [id + 1]), [{ version: 2, deleted: true, username: null }])
  })

  test('more posts than a batch holds all go, while others come and go', async () => {
    const [ada, bob] = [await posts.join(), await posts.join()]
    await posts.publish(ada, { tags: ['many'] })
    await posts.db.sequelize.query(
      `INSERT INTO posts (author_id, created_at, updated_at, version, title, tags)
       SELECT ${ada.id}, now(), now(), 1, 'Many', (SELECT tags FROM posts WHERE author_id = ${ada.id})
       FROM generate_series(1, 1200);
       INSERT INTO post_tags (tag_id, author_id, created_at, post_id)
       SELECT (tags->0->>'id')::bigint, author_id, created_at, id FROM posts WHERE title = 'Many';
       UPDATE author_post_counts SET total = 1201 WHERE author_id = ${ada.id};
       UPDATE post_totals SET total = total + 1200 WHERE shard = ${ada.id} % 16`,
    )
    const earlier = await deletions()
    const { total } = await posts.list()
    const own = await posts.list(`author_id=${ada.id}&limit=30`)
    assert.equal(own.total, 1201)
    await posts.usersApi.delete(`/users/${ada.id}`, { token: ada.token })
    const writing = Promise.all(Array.from({ length: 20 }, () => posts.publish(bob, { tags: ['many'] })))
    // Her token is void at users but not here, as if the news had not come yet; no post may be counted twice.
    const deleting = Promise.all(
      own.posts.map(({ id }) => posts.api.delete(`/posts/${id}`, { token: posts.tokenFor(ada.id) })),
    )
    await Promise.all([writing, deleting])
    await eventually(async () => assert.equal((await posts.list()).total, total - 1201 + 20))
    assert.equal((await posts.list(`author_id=${ada.id}`)).total, 0)
    assert.equal((await posts.list('tag=many')).total, 20)
    assert.equal(await count(tagsOf, [ada.id]), 0)
    await eventually(async () => assert.equal(await count(pendingWork, []), 0))
    assert.equal(await deletions(), earlier + 1201)
  })

  test('a batch that fails is tried again, and nothing is counted twice', async () => {
    const ada = await posts.join()
    for (let n = 0; n < 3; n += 1) await posts.publish(ada, { tags: ['again'] })
    const [earlier, { total }] = [await deletions(), await posts.list()]
    await posts.db.sequelize.query(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''refused''; END';
      CREATE TRIGGER refuse BEFORE INSERT ON outbox FOR EACH ROW WHEN (NEW.type = 'post.deleted')
      EXECUTE FUNCTION refuse()`)
    await posts.usersApi.delete(`/users/${ada.id}`, { token: ada.token })
    await eventually(async () => assert.ok((await count(failedWork, []))! > 0))
    assert.equal((await posts.list()).total, total)
    await posts.db.sequelize.query('DROP FUNCTION refuse CASCADE')
    await eventually(async () => assert.equal(await count(pendingWork, []), 0))
    assert.deepEqual([(await posts.list()).total, await deletions()], [total - 3, earlier + 3])
    assert.equal((await posts.list('tag=again')).total, 0)
  })
})

test('what posts publishes leaves the outbox', async () => {
  const ada = await posts.join()
  const { id } = await posts.publish(ada)
  await posts.api.put(`/posts/${id}`, { title: 'Another' }, { token: ada.token })
  await posts.api.delete(`/posts/${id}`, { token: ada.token })
  await eventually(async () => assert.deepEqual(await posts.events(), []))
})
