import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { CreatedPostView, PostPageView, PostView } from '@pharos/platform/contracts/http/posts'
import type { ApiClient } from '@pharos/platform/testing/api-client'
import { eventually } from '@pharos/platform/testing/eventually'
import { assertRefused, dataOf } from '../answers.ts'
import { join, openPlatform } from './platform.ts'
import type { Platform } from './platform.ts'

const NOBODY = 9_007_199_254_740_991

let platform: Platform
let api: ApiClient
before(async () => {
  platform = await openPlatform()
  api = platform.client()
})
after(() => platform?.[Symbol.asyncDispose]())

const publish = async (token: string, post: object): Promise<CreatedPostView> =>
  dataOf(await api.post<CreatedPostView>('/posts', post, { token }), 201)
const list = async (query: string): Promise<PostPageView> =>
  dataOf(await api.get<PostPageView>(`/posts/list?${query}`), 200)
const titles = ({ posts }: PostPageView): string[] => posts.map(({ title }) => title)

test('a life of a post: published, read, changed, cleared, deleted', async () => {
  const ada = await join(api, { full_name: 'Ada Lovelace', bio: 'Countess', avatar_url: 'https://example.org/ada.png' })
  const { token } = ada
  const created = await publish(token, {
    title: 'On engines',
    content: 'They weave algebra.',
    tags: ['maths', 'engines', 'maths'],
    media_items: [
      { url: 'https://example.org/1.png', type: 'image', description: 'A drawing' },
      { url: 'https://example.org/2.mp4', type: 'video', position: 7 },
    ],
  })
  const { id, created_at: createdAt, updated_at: updatedAt, tags = [], media = [], ...rest } = created
  assert.deepEqual(rest, {
    title: 'On engines',
    content: 'They weave algebra.',
    author_id: ada.id,
    author_username: ada.username,
    author_email: ada.email,
    author_full_name: 'Ada Lovelace',
    author_bio: 'Countess',
    author_avatar_url: 'https://example.org/ada.png',
  })
  assert.equal(updatedAt, createdAt)
  assert.deepEqual(
    tags.map(({ name }) => name),
    ['maths', 'engines'],
  )
  assert.deepEqual(
    media.map(({ id: _id, ...item }) => item),
    [
      { url: 'https://example.org/1.png', type: 'image', position: 1, description: 'A drawing' },
      { url: 'https://example.org/2.mp4', type: 'video', position: 7 },
    ],
  )

  const author = {
    id: ada.id,
    username: ada.username,
    full_name: 'Ada Lovelace',
    avatar_url: 'https://example.org/ada.png',
  }
  const shown = {
    id,
    author,
    title: 'On engines',
    content: 'They weave algebra.',
    created_at: createdAt,
    updated_at: createdAt,
  }
  const read = await api.get<PostView>(`/posts/${id}`)
  assert.deepEqual(dataOf(read, 200), { ...shown, media, tags })
  const unchanged = await api.get(`/posts/${id}`, { headers: { 'if-none-match': read.headers['etag'] ?? '' } })
  assert.equal(unchanged.status, 304)

  const changed = dataOf(
    await api.put<PostView>(`/posts/${id}`, { title: 'On looms', tags: ['looms'] }, { token }),
    200,
  )
  assert.deepEqual(
    [changed.title, changed.content, changed.tags?.map(({ name }) => name)],
    ['On looms', shown.content, ['looms']],
  )
  assert.deepEqual(changed.media, media)
  assert.ok(Date.parse(changed.updated_at) > Date.parse(createdAt))
  const cleared = { title: '', content: '', tags: [], media_items: [] }
  const bare = dataOf(await api.put<PostView>(`/posts/${id}`, cleared, { token }), 200)
  const { updated_at: _at, ...bareRest } = bare
  assert.deepEqual(bareRest, { id, author, title: 'On looms', created_at: createdAt })
  assert.deepEqual(dataOf(await api.get(`/posts/${id}`), 200), bare)

  dataOf(await api.delete(`/posts/${id}`, { token }), 200)
  assertRefused(await api.get(`/posts/${id}`), 404, 'post not found', 'POST_NOT_FOUND')
  assertRefused(await api.delete(`/posts/${id}`, { token }), 404, 'post not found', 'POST_NOT_FOUND')
})

test('lists are newest first, filter, count truly, and a cursor neither repeats nor leaves out', async () => {
  const ada = await join(api)
  const tag = `tag-${ada.username}`
  for (let n = 1; n <= 7; n += 1) await publish(ada.token, { title: `${n}`, ...(n % 2 === 1 && { tags: [tag] }) })
  const by = `author_id=${ada.id}`
  const first = await list(`${by}&limit=3`)
  assert.deepEqual([titles(first), first.total], [['7', '6', '5'], 7])
  await publish(ada.token, { title: '8' })
  const second = await list(`${by}&limit=3&cursor=${first.next_cursor}`)
  assert.deepEqual(titles(second), ['4', '3', '2'])
  const last = await list(`${by}&limit=3&cursor=${second.next_cursor}`)
  assert.deepEqual([titles(last), last.next_cursor], [['1'], undefined])
  assert.deepEqual(titles(await list(`${by}&limit=3&page=3`)), ['2', '1'])
  assert.deepEqual(titles(await list(`${by}&limit=2&offset=5`)), ['3', '2'])
  const tagged = await list(`tag=${tag}`)
  assert.deepEqual([titles(tagged), tagged.total], [['7', '5', '3', '1'], 4])
  const pivot = first.posts[1]?.created_at ?? ''
  assert.deepEqual(titles(await list(`${by}&created_after=${encodeURIComponent(pivot)}`)).includes('5'), false)
  assert.deepEqual(titles(await list(`${by}&created_before=${encodeURIComponent(pivot)}`)).includes('7'), false)
  const future = await list(`${by}&created_after=2999-01-01T00:00:00Z`)
  assert.deepEqual([future.posts, future.total], [[], 0])
  const everywhere = await list('limit=1')
  assert.ok(everywhere.total >= 8)
})

test('what a list cannot take has its own refusal', async () => {
  for (const query of ['limit=x', 'offset=1.5', 'page=', 'author_id=ada']) {
    assertRefused(await api.get(`/posts/list?${query}`), 400, 'invalid input', 'INVALID_INPUT')
  }
  for (const query of [
    'limit=101',
    'limit=0',
    'offset=-1',
    'page=0',
    'author_id=0',
    'created_after=yesterday',
    'created_after=2026-02-01T00:00:00Z&created_before=2026-01-01T00:00:00Z',
    'cursor=nonsense',
  ]) {
    assertRefused(await api.get(`/posts/list?${query}`), 400, 'validation failed', 'VALIDATION_FAILED')
  }
})

test('a post belongs to its author, and one that is not there to nobody', async () => {
  const [ada, bob] = [await join(api), await join(api)]
  const { id } = await publish(ada.token, { title: 'Mine' })
  assertRefused(await api.put(`/posts/${id}`, { title: 'Yours' }, { token: bob.token }), 403, 'forbidden', 'FORBIDDEN')
  assertRefused(await api.delete(`/posts/${id}`, { token: bob.token }), 403, 'forbidden', 'FORBIDDEN')
  assertRefused(
    await api.put(`/posts/${NOBODY}`, { title: 'x' }, { token: bob.token }),
    404,
    'post not found',
    'POST_NOT_FOUND',
  )
  assertRefused(await api.put(`/posts/${id}`, { title: 'x' }), 401, 'unauthenticated', 'UNAUTHENTICATED')
  assertRefused(await api.post('/posts', { title: 'x' }), 401, 'unauthenticated', 'UNAUTHENTICATED')
  assertRefused(await api.get('/posts/0'), 400, 'validation failed', 'VALIDATION_FAILED')
  assertRefused(await api.get('/posts/x'), 400, 'invalid input', 'INVALID_INPUT')
})

test('what breaks a rule is refused, and what is large but allowed is taken', async () => {
  const { token } = await join(api)
  const media = { url: 'https://example.org/1.png', type: 'image' }
  for (const post of [
    {},
    { title: '' },
    { title: 'x'.repeat(256) },
    { title: 'nul \u0000' },
    { title: 'x', content: 'x'.repeat(400_001) },
    { title: 'x', tags: Array.from({ length: 33 }, (_, n) => `t${n}`) },
    { title: 'x', tags: [''] },
    { title: 'x', tags: ['x'.repeat(51)] },
    { title: 'x', media_items: Array.from({ length: 10 }, () => media) },
    { title: 'x', media_items: [{ ...media, url: 'javascript:alert(1)' }] },
    { title: 'x', media_items: [{ ...media, type: 'sound' }] },
    { title: 'x', media_items: [{ ...media, position: 10 }] },
  ]) {
    assertRefused(await api.post('/posts', post, { token }), 400, 'validation failed', 'VALIDATION_FAILED')
  }
  for (const post of [
    { title: 1 },
    { title: 'x', tags: 'x' },
    { title: 'x', media_items: [{ ...media, position: '1' }] },
  ]) {
    assertRefused(await api.post('/posts', post, { token }), 400, 'invalid input', 'INVALID_INPUT')
  }
  const content = '𝔭'.repeat(100_000)
  const large = await publish(token, { title: '🦄'.repeat(255), content })
  assert.equal(dataOf(await api.get<PostView>(`/posts/${large.id}`), 200).content, content)
  assert.equal((await publish(token, { title: 'x', content: 'x'.repeat(400_000) })).content?.length, 400_000)
})

test('an idempotency key publishes once', async () => {
  const { id, token } = await join(api)
  const headers = { 'idempotency-key': `once-${id}` }
  const first = await api.post<CreatedPostView>('/posts', { title: 'Once' }, { token, headers })
  const again = await api.post<CreatedPostView>('/posts', { title: 'Once' }, { token, headers })
  assert.equal(dataOf(again, 201).id, dataOf(first, 201).id)
  assert.equal((await list(`author_id=${id}`)).total, 1)
  assertRefused(
    await api.post('/posts', { title: 'Twice' }, { token, headers }),
    422,
    'idempotency key reused',
    'IDEMPOTENCY_KEY_REUSED',
  )
})

test('a renamed author is shown by the new name, a deleted one goes with all posts', async () => {
  const ada = await join(api)
  const { id } = await publish(ada.token, { title: 'Mine' })
  const username = `${ada.username}_n`
  dataOf(await api.put(`/users/${ada.id}`, { username }, { token: ada.token }), 200)
  await eventually(async () =>
    assert.equal(dataOf(await api.get<PostView>(`/posts/${id}`), 200).author.username, username),
  )
  assert.equal((await list(`author_id=${ada.id}`)).posts[0]?.author.username, username)
  assert.equal((await api.delete(`/users/${ada.id}`, { token: ada.token })).status, 204)
  await eventually(async () => {
    assertRefused(await api.get(`/posts/${id}`), 404, 'post not found', 'POST_NOT_FOUND')
    assert.equal((await list(`author_id=${ada.id}`)).total, 0)
  })
})
