import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { CreatedPostView } from '@pharos/platform/contracts/http/posts'
import {
  invalidInput,
  invalidToken,
  refusal,
  refused,
  unauthenticated,
  validationFailed,
} from '@pharos/platform/testing/refusals'
import { startPosts } from './posts-service.ts'
import type { PostsUnderTest } from './posts-service.ts'

let posts: PostsUnderTest
before(async () => {
  posts = await startPosts()
})
after(() => posts[Symbol.asyncDispose]())

const picture = { url: 'https://example.org/1.png', type: 'image' }

describe('POST /posts', () => {
  test('publishes a post and answers it with all of its author', async () => {
    const profile = { full_name: 'Ada Lovelace', bio: 'Engines', avatar_url: 'https://example.org/ada.png' }
    const ada = await posts.join(profile)
    const { id, created_at, updated_at, tags, media, ...rest } = await posts.publish(ada, {
      title: 'On engines',
      content: 'They weave.',
      tags: ['maths', 'engines', 'maths'],
      media_items: [
        { ...picture, description: 'A drawing' },
        { url: 'http://example.org/2.mp4', type: 'video', position: 1, description: '' },
        { ...picture, position: 9, description: null, extra: 1 },
      ].slice(0, 2),
      extra: true,
    })
    assert.deepEqual(rest, {
      title: 'On engines',
      content: 'They weave.',
      author_id: ada.id,
      author_username: ada.username,
      author_email: ada.email,
      author_full_name: profile.full_name,
      author_bio: profile.bio,
      author_avatar_url: profile.avatar_url,
    })
    assert.equal(created_at, updated_at)
    assert.ok(Math.abs(Date.parse(created_at) - Date.now()) < 10_000)
    assert.ok(id >= 1)
    assert.deepEqual(
      tags?.map(({ name }) => name),
      ['maths', 'engines'],
    )
    assert.deepEqual(
      media?.map(({ id: _id, ...item }) => item),
      [
        { ...picture, position: 1, description: 'A drawing' },
        { url: 'http://example.org/2.mp4', type: 'video', position: 1 },
      ],
    )
    const ids = [...(tags ?? []), ...(media ?? [])].map((part) => part.id)
    assert.ok(ids.every((part) => Number.isSafeInteger(part) && part >= 1))
  })

  test('leaves out what is empty or null, of the post and of its author', async () => {
    const bob = await posts.join()
    const created = await posts.publish(bob, { title: 'Bare', content: '', tags: [], media_items: null })
    assert.deepEqual(Object.keys(created).toSorted(), [
      'author_email',
      'author_id',
      'author_username',
      'created_at',
      'id',
      'title',
      'updated_at',
    ])
  })

  test('tells of the post once, with the row', async () => {
    const ada = await posts.join()
    const { id, title, created_at } = await posts.publish(ada, { title: 'News' })
    const data = { id, author_id: ada.id, title, created_at, version: 1 }
    assert.deepEqual(await posts.eventsOf(id), [{ type: 'post.created', key: String(id), data }])
  })

  test('answers with and without a slash at the end', async () => {
    const { token } = await posts.join()
    assert.equal((await posts.api.post('/posts', { title: 'x' }, { token })).status, 201)
    assert.equal((await posts.api.post('/posts/', { title: 'x' }, { token })).status, 201)
  })

  test('refuses who is not signed in, before it looks at the post', async () => {
    assert.deepEqual(refusal(await posts.api.post('/posts', { title: '' })), unauthenticated)
    assert.deepEqual(refusal(await posts.api.post('/posts', { title: '' }, { token: 'nonsense' })), invalidToken)
    const stranger = posts.tokenFor(900_000_001)
    assert.deepEqual(refusal(await posts.api.post('/posts', { title: '' }, { token: stranger })), validationFailed)
    assert.deepEqual(refusal(await posts.api.post('/posts', { title: 'x' }, { token: stranger })), unauthenticated)
  })

  test('refuses an author whose account ends before the post is written', async () => {
    const ada = await posts.join()
    await posts.publish(ada, { tags: ['before'] })
    await posts.db.sequelize.query(`UPDATE author_post_counts SET closed = true WHERE author_id = ${ada.id}`)
    const late = await posts.api.post('/posts', { title: 'Late', tags: ['before'] }, { token: ada.token })
    assert.deepEqual(refusal(late), unauthenticated)
    assert.deepEqual([(await posts.list(`author_id=${ada.id}`)).total, (await posts.list('tag=before')).total], [1, 1])
    assert.equal((await posts.events()).filter(({ data }) => data['author_id'] === ada.id).length, 1)
  })

  test('refuses what breaks a rule, and says which field it is', async () => {
    const { token } = await posts.join()
    const faults: [string, object][] = [
      ['title', {}],
      ['title', { title: '' }],
      ['title', { title: null }],
      ['title', { title: 'x'.repeat(256) }],
      ['title', { title: 'a\u0000b' }],
      ['title', { title: 'a\ud800b' }],
      ['content', { title: 'x', content: 'a\u0000b' }],
      ['content', { title: 'x', content: 'x'.repeat(400_001) }],
      ['tags', { title: 'x', tags: Array.from({ length: 33 }, (_, n) => `t${n}`) }],
      ['tags.1', { title: 'x', tags: ['t', ''] }],
      ['tags.0', { title: 'x', tags: ['x'.repeat(51)] }],
      ['tags.0', { title: 'x', tags: ['a\u0000'] }],
      ['media_items', { title: 'x', media_items: Array.from({ length: 10 }, () => picture) }],
      ['media_items.0.url', { title: 'x', media_items: [{ type: 'image' }] }],
      ['media_items.0.url', { title: 'x', media_items: [{ ...picture, url: 'ftp://example.org/1.png' }] }],
      [
        'media_items.0.url',
        { title: 'x', media_items: [{ ...picture, url: `https://example.org/${'x'.repeat(500)}` }] },
      ],
      ['media_items.0.type', { title: 'x', media_items: [{ ...picture, type: 'sound' }] }],
      ['media_items.0.position', { title: 'x', media_items: [{ ...picture, position: 0 }] }],
      ['media_items.0.position', { title: 'x', media_items: [{ ...picture, position: 10 }] }],
      ['media_items.0.description', { title: 'x', media_items: [{ ...picture, description: 'x'.repeat(256) }] }],
    ]
    for (const [path, post] of faults) {
      const answer = await posts.api.post('/posts', post, { token })
      assert.deepEqual([path, refusal(answer)], [path, validationFailed])
      assert.deepEqual(
        answer.body?.details?.map((detail) => detail.path),
        [path],
      )
    }
  })

  test('refuses what is no such thing at all', async () => {
    const { token } = await posts.join()
    for (const post of [
      { title: 7 },
      { title: 'x', content: {} },
      { title: 'x', tags: 'x' },
      { title: 'x', tags: [1] },
      { title: 'x', media_items: [{ ...picture, position: '1' }] },
      { title: 'x', media_items: ['x'] },
      [],
      'x',
    ]) {
      assert.deepEqual(refusal(await posts.api.post('/posts', post, { token })), invalidInput)
    }
    assert.deepEqual(refusal(await posts.api.request('POST', '/posts', { token, text: '{' })), invalidInput)
    assert.deepEqual(refusal(await posts.api.request('POST', '/posts', { token })), invalidInput)
  })

  test('takes the longest of everything, and shows it as it came', async () => {
    const ada = await posts.join()
    const largest = {
      title: '🦄'.repeat(255),
      content: 'x'.repeat(400_000),
      tags: Array.from({ length: 32 }, (_, n) => `${'é'.repeat(48)}${String.fromCharCode(97 + n, 97)}`),
      media_items: Array.from({ length: 9 }, () => ({ ...picture, description: '🦄'.repeat(255) })),
    }
    // Texts of this size are compared by ===, so that no failure prints one.
    const { id } = await posts.publish(ada, largest)
    const { body } = await posts.read(id)
    assert.deepEqual(
      [body?.data?.title, body?.data?.content === largest.content, body?.data?.media?.length],
      [largest.title, true, 9],
    )
    assert.deepEqual(
      body?.data?.tags?.map(({ name }) => name),
      largest.tags,
    )
    const wide = '𝔭'.repeat(120_000)
    assert.ok((await posts.publish(ada, { content: wide })).content === wide)
    const tooLarge = await posts.api.post('/posts', { title: 'x', content: '𝔭'.repeat(300_000) }, ada)
    assert.deepEqual(refusal(tooLarge), refused(413, 'payload too large', 'PAYLOAD_TOO_LARGE'))
    assert.ok((await posts.list(`author_id=${ada.id}`)).posts[1]?.content === largest.content)
  })

  test('takes any text that is one', async () => {
    const ada = await posts.join()
    for (const text of ['\u0001', '\ufffe', '💥 \u202e', `"\\'{},NULL`, '%_', 'x'.repeat(73)]) {
      const { id } = await posts.publish(ada, { title: text, content: text, tags: [text.slice(0, 50)] })
      const { body } = await posts.read(id)
      assert.deepEqual(
        [body?.data?.title, body?.data?.content, body?.data?.tags?.[0]?.name],
        [text, text, text.slice(0, 50)],
      )
      assert.equal((await posts.list(`tag=${encodeURIComponent(text.slice(0, 50))}`)).total, 1)
    }
  })
})

describe('an Idempotency-Key', () => {
  const withKey = (token: string, key: string = randomUUID()) => ({ token, headers: { 'idempotency-key': key } })

  test('publishes once, also when sent many times at once, and refuses another body', async () => {
    const ada = await posts.join()
    const options = withKey(ada.token)
    const body = { title: 'Once', tags: ['once'], media_items: [picture] }
    const answers = await Promise.all([1, 2, 3].map(() => posts.api.post<CreatedPostView>('/posts', body, options)))
    for (const { status, body: answer } of answers) {
      assert.equal(status, 201)
      assert.deepEqual(answer?.data, answers[0]?.body?.data)
    }
    const page = await posts.list(`author_id=${ada.id}`)
    assert.deepEqual([page.total, page.posts[0]?.id], [1, answers[0]?.body?.data?.id])
    assert.equal((await posts.eventsOf(answers[0]?.body?.data?.id ?? 0)).length, 1)
    const other = await posts.api.post('/posts', { title: 'Twice' }, options)
    assert.deepEqual(refusal(other), refused(422, 'idempotency key reused', 'IDEMPOTENCY_KEY_REUSED'))
  })

  test('gives the post of an attempt that died before its answer was kept', async () => {
    const ada = await posts.join()
    const options = withKey(ada.token)
    const body = { title: 'Cut off', tags: ['cut'], media_items: [picture] }
    await posts.db.sequelize.query(`
      CREATE FUNCTION lose_answer() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''lost''; END';
      CREATE TRIGGER lose_answer BEFORE UPDATE ON idempotency_keys FOR EACH ROW WHEN (NEW.status IS NOT NULL)
      EXECUTE FUNCTION lose_answer()`)
    const first = await posts.api.post<CreatedPostView>('/posts', body, options)
    await posts.db.sequelize.query('DROP FUNCTION lose_answer CASCADE')
    await posts.db.sequelize.query(`UPDATE idempotency_keys SET locked_until = '-infinity' WHERE status IS NULL`)
    const again = await posts.api.post<CreatedPostView>('/posts', body, options)
    assert.deepEqual([first.status, again.status, again.headers['idempotency-replayed']], [201, 201, undefined])
    assert.deepEqual(again.body?.data, first.body?.data)
    assert.equal((await posts.list(`author_id=${ada.id}`)).total, 1)
  })
})
