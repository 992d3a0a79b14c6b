import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { PostView } from '@pharos/platform/contracts/http/posts'
import {
  forbidden,
  invalidInput,
  invalidToken,
  refusal,
  unauthenticated,
  validationFailed,
} from '@pharos/platform/testing/refusals'
import { postNotFound, startPosts } from './posts-service.ts'
import type { PostsUnderTest } from './posts-service.ts'

const NOBODY = 9_007_199_254_740_991

let posts: PostsUnderTest
before(async () => {
  posts = await startPosts()
})
after(() => posts[Symbol.asyncDispose]())

const picture = { url: 'https://example.org/1.png', type: 'image' }
const update = (id: unknown, body: object, token?: string) =>
  posts.api.put<PostView>(`/posts/${String(id)}`, body, { token })
const remove = (id: unknown, token?: string) => posts.api.delete(`/posts/${String(id)}`, { token })
const namesOf = (post: PostView | undefined) => post?.tags?.map(({ name }) => name)

describe('GET /posts/{id}', () => {
  test('shows the post with its author, without the address', async () => {
    const ada = await posts.join({ full_name: 'Ada', avatar_url: 'https://example.org/ada.png', bio: 'Engines' })
    const created = await posts.publish(ada, { content: 'Text', tags: ['a'], media_items: [picture] })
    const { status, body, text } = await posts.read(created.id)
    assert.equal(status, 200)
    assert.deepEqual(body?.data, {
      id: created.id,
      author: { id: ada.id, username: ada.username, full_name: 'Ada', avatar_url: 'https://example.org/ada.png' },
      title: created.title,
      content: 'Text',
      created_at: created.created_at,
      updated_at: created.updated_at,
      media: created.media,
      tags: created.tags,
    })
    assert.doesNotMatch(text, new RegExp(ada.email))
  })

  test('says by its tag that nothing has changed, and by another that something has', async () => {
    const ada = await posts.join()
    const { id } = await posts.publish(ada)
    const etag = (await posts.read(id)).headers['etag'] ?? ''
    const ask = () => posts.api.get(`/posts/${id}`, { headers: { 'if-none-match': etag } })
    assert.equal((await ask()).status, 304)
    await update(id, { title: 'Another' }, ada.token)
    const changed = await ask()
    assert.deepEqual([changed.status, changed.headers['etag'] === etag], [200, false])
  })

  test('refuses an id that is none, and says when there is no such post', async () => {
    assert.deepEqual(refusal(await posts.api.get('/posts/x')), invalidInput)
    assert.deepEqual(refusal(await posts.api.get('/posts/1.5')), invalidInput)
    assert.deepEqual(refusal(await posts.api.get('/posts/9007199254740993')), invalidInput)
    assert.deepEqual(refusal(await posts.api.get('/posts/0')), validationFailed)
    assert.deepEqual(refusal(await posts.api.get('/posts/-1')), validationFailed)
    assert.deepEqual(refusal(await posts.read(NOBODY)), postNotFound)
  })
})

describe('PUT /posts/{id}', () => {
  test('changes what is given, leaves the rest and can be read at once', async () => {
    const ada = await posts.join()
    const created = await posts.publish(ada, { content: 'Text', tags: ['a', 'b'], media_items: [picture] })
    await posts.read(created.id)
    const { status, body } = await update(created.id, { title: 'Another', content: null, extra: 1 }, ada.token)
    assert.equal(status, 200)
    assert.deepEqual(
      [body?.data?.title, body?.data?.content, body?.data?.tags, body?.data?.media],
      ['Another', 'Text', created.tags, created.media],
    )
    assert.ok((body?.data?.updated_at ?? '') > created.updated_at)
    assert.equal(body?.data?.created_at, created.created_at)
    assert.deepEqual((await posts.read(created.id)).body?.data, body?.data)
    assert.deepEqual((await posts.list(`author_id=${ada.id}`)).posts, [body?.data])
  })

  test('replaces tags and media as a whole, and the lists by tag follow', async () => {
    const ada = await posts.join()
    const [first, second, third] = [1, 2, 3].map((n) => `${ada.username}-${n}`)
    const { id, media } = await posts.publish(ada, { tags: [first, second], media_items: [picture] })
    const totals = async () =>
      Promise.all([first, second, third].map(async (tag) => (await posts.list(`tag=${tag}`)).total))
    assert.deepEqual(await totals(), [1, 1, 0])
    const items = [{ url: 'https://example.org/2.png', type: 'image' }, picture]
    const { body } = await update(id, { tags: [third, second, third], media_items: items }, ada.token)
    assert.deepEqual(namesOf(body?.data), [third, second])
    assert.deepEqual(
      body?.data?.media?.map(({ url, position }) => [url, position]),
      [
        ['https://example.org/2.png', 1],
        ['https://example.org/1.png', 2],
      ],
    )
    assert.ok(body?.data?.media?.every((item) => item.id !== media?.[0]?.id))
    assert.deepEqual(await totals(), [0, 1, 1])
    assert.equal((await posts.list(`tag=${third}&author_id=${ada.id}`)).total, 1)
  })

  test('clears content, tags and media that are given empty, and ignores an empty title', async () => {
    const ada = await posts.join()
    const { id, title } = await posts.publish(ada, { content: 'Text', tags: ['gone'], media_items: [picture] })
    const { body } = await update(id, { title: '', content: '', tags: [], media_items: [] }, ada.token)
    assert.deepEqual(Object.keys(body?.data ?? {}).toSorted(), ['author', 'created_at', 'id', 'title', 'updated_at'])
    assert.equal(body?.data?.title, title)
    assert.equal((await posts.list(`tag=gone&author_id=${ada.id}`)).total, 0)
  })

  test('tells of a change once, with the next version, and not of a change of nothing', async () => {
    const ada = await posts.join()
    const { id } = await posts.publish(ada, { content: 'Text', tags: ['a'], media_items: [picture] })
    const changed = await update(id, { title: 'Another' }, ada.token)
    for (const same of [{ title: 'Another' }, { content: 'Text' }, { tags: ['a'] }, { media_items: [picture] }, {}]) {
      assert.deepEqual((await update(id, same, ada.token)).body?.data, changed.body?.data)
    }
    const data = { id, author_id: ada.id, title: 'Another', version: 2 }
    assert.deepEqual((await posts.eventsOf(id)).slice(1), [{ type: 'post.updated', key: String(id), data }])
  })

  test('keeps every one of many changes at once', async () => {
    const ada = await posts.join()
    const { id } = await posts.publish(ada)
    const edits = [{ title: 'Another' }, { content: 'Text' }, { tags: ['b', 'a'] }, { media_items: [picture] }]
    const answers = await Promise.all(edits.map((edit) => update(id, edit, ada.token)))
    assert.ok(answers.every(({ status }) => status === 200))
    const { body } = await posts.read(id)
    assert.deepEqual(
      [body?.data?.title, body?.data?.content, namesOf(body?.data), body?.data?.media?.length],
      ['Another', 'Text', ['b', 'a'], 1],
    )
    const versions = (await posts.eventsOf(id)).map(({ data }) => data['version'])
    assert.deepEqual(versions, [1, 2, 3, 4, 5])
  })

  test('checks who asks, then what is asked, then whether it is there, then whose it is', async () => {
    const [ada, bob] = [await posts.join(), await posts.join()]
    const { id } = await posts.publish(ada)
    assert.deepEqual(refusal(await update(id, { title: 7 })), unauthenticated)
    assert.deepEqual(refusal(await update(id, { title: 7 }, 'nonsense')), invalidToken)
    assert.deepEqual(refusal(await update('x', { title: 'x' }, bob.token)), invalidInput)
    assert.deepEqual(refusal(await update(0, { title: 'x' }, bob.token)), validationFailed)
    assert.deepEqual(refusal(await update(NOBODY, { title: 7 }, bob.token)), invalidInput)
    for (const wrong of [
      { title: 'x'.repeat(256) },
      { title: 'a\u0000' },
      { content: 'x'.repeat(400_001) },
      { tags: [''] },
      { media_items: [{ ...picture, url: 'x' }] },
    ]) {
      assert.deepEqual(refusal(await update(NOBODY, wrong, bob.token)), validationFailed)
    }
    assert.deepEqual(refusal(await update(NOBODY, { title: 'x' }, bob.token)), postNotFound)
    assert.deepEqual(refusal(await update(id, { title: 'x' }, bob.token)), forbidden)
    assert.deepEqual(refusal(await update(id, { title: 'x' }, posts.tokenFor(bob.id, 'admin'))), forbidden)
    assert.deepEqual(refusal(await update(id, {}, bob.token)), forbidden)
    assert.deepEqual(refusal(await posts.api.request('PUT', `/posts/${id}`, { token: ada.token })), invalidInput)
    assert.equal((await posts.eventsOf(id)).length, 1)
  })
})

describe('DELETE /posts/{id}', () => {
  test('removes the post from everywhere at once and tells of it', async () => {
    const ada = await posts.join()
    const tag = `${ada.username}-gone`
    const { id } = await posts.publish(ada, { tags: [tag, 'stays'], media_items: [picture] })
    const kept = await posts.publish(ada, { tags: ['stays'] })
    await posts.read(id)
    const { total } = await posts.list()
    const { status, body } = await remove(id, ada.token)
    assert.deepEqual([status, body?.data, body?.status], [200, undefined, 200])
    assert.deepEqual(refusal(await posts.read(id)), postNotFound)
    assert.deepEqual(await posts.list(`tag=${tag}`), { posts: [], total: 0 })
    assert.deepEqual([(await posts.list(`author_id=${ada.id}`)).total, (await posts.list()).total], [1, total - 1])
    assert.deepEqual((await posts.list(`author_id=${ada.id}&tag=stays`)).posts[0]?.id, kept.id)
    const data = { id, author_id: ada.id, version: 2 }
    assert.deepEqual((await posts.eventsOf(id)).at(-1), { type: 'post.deleted', key: String(id), data })
  })

  test('happens once, however often it is asked for at the same time', async () => {
    const ada = await posts.join()
    const { id } = await posts.publish(ada)
    const answers = await Promise.all([1, 2, 3].map(() => remove(id, ada.token)))
    assert.deepEqual(
      [200, 404].map((code) => answers.filter(({ status }) => status === code).length),
      [1, 2],
    )
    assert.equal((await posts.eventsOf(id)).length, 2)
    assert.equal((await posts.list(`author_id=${ada.id}`)).total, 0)
  })

  test('also takes what was changed meanwhile', async () => {
    const ada = await posts.join()
    const { id } = await posts.publish(ada)
    const [changed, removed] = await Promise.all([update(id, { title: 'Another' }, ada.token), remove(id, ada.token)])
    assert.equal(removed.status, 200)
    assert.ok([200, 404].includes(changed.status))
    assert.deepEqual(refusal(await posts.read(id)), postNotFound)
    assert.deepEqual(refusal(await update(id, { title: 'x' }, ada.token)), postNotFound)
  })

  test('checks who asks, then the id, then whether it is there, then whose it is', async () => {
    const [ada, bob] = [await posts.join(), await posts.join()]
    const { id } = await posts.publish(ada)
    assert.deepEqual(refusal(await remove('x')), unauthenticated)
    assert.deepEqual(refusal(await remove('x', bob.token)), invalidInput)
    assert.deepEqual(refusal(await remove(0, bob.token)), validationFailed)
    assert.deepEqual(refusal(await remove(NOBODY, bob.token)), postNotFound)
    assert.deepEqual(refusal(await remove(id, bob.token)), forbidden)
    assert.deepEqual(refusal(await remove(id, posts.tokenFor(bob.id, 'admin'))), forbidden)
    assert.equal((await posts.read(id)).status, 200)
  })
})
