import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Secret } from '@pharos/platform/runtime/config'
import { eventually } from '@pharos/platform/testing/eventually'
import { refusal } from '@pharos/platform/testing/refusals'
import { testRedisUrl } from '@pharos/platform/testing/stores'
import { startStoreProxy } from '@pharos/platform/testing/store-proxy'
import { postNotFound, startPosts, unavailable } from './posts-service.ts'
import type { PostsUnderTest } from './posts-service.ts'

const readiness = async ({ managementUrl }: PostsUnderTest) => (await fetch(`${managementUrl}/readyz`)).status
const GONE = 700_000_001
const unknownAuthor = { id: 0, username: 'unknown', full_name: 'Unknown Author' }

describe('without Redis', () => {
  test('everything works, from the start', async () => {
    await using posts = await startPosts({ redisUrl: new Secret('redis://127.0.0.1:1') })
    const ada = await posts.join()
    const { id } = await posts.publish(ada, { tags: ['a'] })
    assert.equal((await posts.read(id)).status, 200)
    assert.equal((await posts.api.put(`/posts/${id}`, { title: 'Another' }, { token: ada.token })).status, 200)
    assert.equal((await posts.read(id)).body?.data?.title, 'Another')
    assert.equal((await posts.list('tag=a')).total, 1)
    assert.equal((await posts.api.delete(`/posts/${id}`, { token: ada.token })).status, 200)
    assert.deepEqual(refusal(await posts.read(id)), postNotFound)
    assert.equal(await readiness(posts), 200)
  })

  test('everything works when it goes, and nothing old is shown when it is back', async () => {
    await using proxy = await startStoreProxy(testRedisUrl())
    await using posts = await startPosts({ redisUrl: proxy.url })
    const ada = await posts.join()
    const { id } = await posts.publish(ada)
    await posts.read(id)
    await proxy.cut()
    assert.equal((await posts.api.put(`/posts/${id}`, { title: 'Another' }, { token: ada.token })).status, 200)
    assert.equal((await posts.read(id)).body?.data?.title, 'Another')
    await proxy.mend()
    await eventually(async () => {
      const { dependencies } = (await (await fetch(`${posts.managementUrl}/readyz`)).json()) as {
        dependencies: { redis: { up: boolean } }
      }
      assert.equal(dependencies.redis.up, true)
    })
    assert.equal((await posts.read(id)).body?.data?.title, 'Another')
  })
})

test('without Postgres it answers 503 and says when to come again, and recovers by itself', async () => {
  await using stack = new AsyncDisposableStack()
  let proxy: Awaited<ReturnType<typeof startStoreProxy>> | undefined
  await using posts = await startPosts({
    postgresBy: async (url) => (proxy = stack.use(await startStoreProxy(url))).url,
  })
  const ada = await posts.join()
  const [known, other] = [await posts.publish(ada), await posts.publish(ada)]
  await posts.read(known.id)

  await proxy?.cut()
  assert.equal((await posts.read(known.id)).status, 200, 'what is in memory is still answered')
  const options = { token: ada.token }
  const requests = [
    () => posts.read(other.id),
    () => posts.api.get('/posts/list'),
    () => posts.api.get(`/posts/list?author_id=${ada.id}&tag=a&offset=1`),
    () => posts.api.post('/posts', { title: 'x', tags: ['new'] }, options),
    () => posts.api.post('/posts', { title: 'x' }, { ...options, headers: { 'idempotency-key': 'k' } }),
    () => posts.api.put(`/posts/${known.id}`, { title: 'x' }, options),
    () => posts.api.delete(`/posts/${known.id}`, options),
  ]
  for (const request of requests) {
    const answer = await request()
    assert.deepEqual(refusal(answer), unavailable)
    assert.match(answer.headers['retry-after'] ?? '', /^\d+$/)
  }
  await eventually(async () => assert.equal(await readiness(posts), 503))

  await proxy?.mend()
  await eventually(async () => assert.equal((await posts.read(other.id)).status, 200))
  assert.equal((await posts.api.put(`/posts/${known.id}`, { title: 'x' }, options)).status, 200)
  assert.equal((await posts.list()).total, 2)
  await eventually(async () => assert.equal(await readiness(posts), 200))
})

describe('without users', () => {
  test('known authors publish, change and are shown; an unknown one is told to come again, and nothing is written', async () => {
    await using posts = await startPosts()
    const [ada, bob] = [await posts.join({ full_name: 'Ada' }), await posts.join()]
    await posts.publish(ada)
    await posts.wayToUsers.cut()

    const { id } = await posts.publish(ada, { title: 'Still there' })
    assert.equal((await posts.read(id)).body?.data?.author.full_name, 'Ada')
    assert.equal((await posts.api.put(`/posts/${id}`, { title: 'Changed' }, { token: ada.token })).status, 200)
    assert.equal((await posts.list()).posts[0]?.author.full_name, 'Ada')
    const refused = await posts.api.post('/posts', { title: 'x', tags: ['unwritten'] }, { token: bob.token })
    assert.deepEqual(refusal(refused), unavailable)
    assert.equal((await posts.list()).total, 2)
    const [tags] = await posts.db.sequelize.query(`SELECT 1 FROM tags WHERE name = 'unwritten'`)
    assert.deepEqual(tags, [])

    await posts.wayToUsers.mend()
    await eventually(async () =>
      assert.equal((await posts.api.post('/posts', { title: 'x' }, { token: bob.token })).status, 201),
    )
  })

  test('an author without a card is unknown for as long, and no longer', async () => {
    await using posts = await startPosts()
    const ada = await posts.join({ full_name: 'Ada' })
    const { id } = await posts.publish(ada)
    await posts.db.sequelize.query('DELETE FROM user_cards')
    await posts.wayToUsers.cut()
    // Another replica has nothing in memory; this one has seen the author.
    await using another = await posts.startAnother()
    assert.deepEqual((await posts.list('', another.api)).posts[0]?.author, unknownAuthor)
    await posts.wayToUsers.mend()
    await eventually(async () => assert.equal((await posts.list('', another.api)).posts[0]?.author.full_name, 'Ada'))
    assert.equal((await posts.read(id, another.api)).body?.data?.author.full_name, 'Ada')
  })
})

describe('with another replica', () => {
  let posts: PostsUnderTest
  let another: Awaited<ReturnType<PostsUnderTest['startAnother']>>
  before(async () => {
    posts = await startPosts()
    another = await posts.startAnother()
  })
  after(async () => {
    await another[Symbol.asyncDispose]()
    await posts[Symbol.asyncDispose]()
  })

  test('the two agree: a change and a deletion show in both', async () => {
    const ada = await posts.join()
    const { id } = await posts.publish(ada)
    const options = { token: ada.token }
    const read = async (client = posts.api) => (await posts.read(id, client)).body?.data
    await Promise.all([read(), read(another.api)])
    await posts.api.put(`/posts/${id}`, { title: 'By one' }, options)
    await eventually(async () => assert.equal((await read(another.api))?.title, 'By one'))
    assert.equal((await another.api.put(`/posts/${id}`, { content: 'By two' }, options)).status, 200)
    await eventually(async () => assert.equal((await read())?.content, 'By two'))
    assert.equal((await read())?.title, 'By one')
    await another.api.delete(`/posts/${id}`, options)
    await eventually(async () => assert.deepEqual(refusal(await posts.read(id)), postNotFound))
    assert.deepEqual(refusal(await posts.api.put(`/posts/${id}`, { title: 'x' }, options)), postNotFound)
    assert.equal((await posts.list(`author_id=${ada.id}`, another.api)).total, 0)
  })

  test('that a post is not there comes before whose it is, also where a copy of it is left', async () => {
    const [ada, bob] = [await posts.join(), await posts.join()]
    const { id } = await posts.publish(ada)
    await posts.db.sequelize.query(`DELETE FROM posts WHERE id = ${id}`)
    assert.deepEqual(refusal(await posts.api.put(`/posts/${id}`, {}, { token: bob.token })), postNotFound)
    assert.deepEqual(refusal(await posts.api.delete(`/posts/${id}`, { token: bob.token })), postNotFound)
  })

  test('the posts of a deleted account are of an unknown author until they are gone', async () => {
    const ada = await posts.join()
    const { id } = await posts.publish(ada, { tags: ['a'] })
    // As the event would have it, but for the caches, which the id of nobody has not been in.
    await posts.db.sequelize.query(`
      INSERT INTO user_cards (id, version, deleted) VALUES (${GONE}, 2, true);
      UPDATE posts SET author_id = ${GONE} WHERE id = ${id};
      UPDATE post_tags SET author_id = ${GONE} WHERE post_id = ${id};
      UPDATE author_post_counts SET author_id = ${GONE} WHERE author_id = ${ada.id}`)
    assert.deepEqual((await posts.list(`author_id=${GONE}`)).posts[0]?.author, unknownAuthor)
    assert.deepEqual((await posts.list(`author_id=${GONE}&tag=a`)).posts[0]?.author, unknownAuthor)
    for (let time = 0; time < 2; time += 1) assert.deepEqual((await posts.read(id)).body?.data?.author, unknownAuthor)
  })

  test('a post too long for the memory of a process is read whole each time, and changed as any other', async () => {
    const ada = await posts.join()
    const content = 'long '.repeat(10_000)
    const { id } = await posts.publish(ada, { content })
    for (const title of ['One', 'Two']) {
      await posts.api.put(`/posts/${id}`, { title }, { token: ada.token })
      for (let time = 0; time < 2; time += 1) {
        const { body } = await posts.read(id)
        assert.deepEqual([body?.data?.title, body?.data?.content === content], [title, true])
      }
    }
    await posts.api.put(`/posts/${id}`, { content: 'short' }, { token: ada.token })
    assert.equal((await posts.read(id)).body?.data?.content, 'short')
  })
})
