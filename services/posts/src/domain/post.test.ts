import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { numbered } from './media.ts'
import { changePost, deleted, mustBeAuthor, writePost } from './post.ts'
import type { Post } from './post.ts'

const tag = (id: number) => ({ id, name: `tag ${id}` })
const picture = { url: 'https://example.org/1.png', type: 'image' } as const
const post: Post = {
  id: 7,
  authorId: 3,
  version: 4,
  title: 'On engines',
  content: 'They weave.',
  tags: [tag(1), tag(2)],
  media: [{ ...picture, id: 9, position: 1 }],
  createdAt: new Date('2026-01-01T00:00:00Z'),
  updatedAt: new Date('2026-01-02T00:00:00Z'),
}
const now = new Date('2026-02-01T00:00:00Z')

describe('a new post', () => {
  const draft = { title: 'On engines', content: '', tags: [], media: [] }

  test('is of its first version, keeps no empty content and is told with its time', () => {
    const written = writePost(7, 3, draft, now)
    assert.deepEqual(written.post, {
      ...draft,
      content: undefined,
      id: 7,
      authorId: 3,
      version: 1,
      createdAt: now,
      updatedAt: now,
    })
    const [event] = written.events
    assert.deepEqual([event?.type, event?.key, event?.time], ['post.created', '7', now])
    const created_at = '2026-02-01T00:00:00.000Z'
    assert.deepEqual(event?.data, { id: 7, author_id: 3, title: 'On engines', created_at, version: 1 })
  })
})

describe('a change of a post', () => {
  test('leaves alone what it does not state', () => {
    const changed = changePost(post, { title: 'On looms', content: undefined }, now)
    assert.deepEqual(changed?.post, { ...post, title: 'On looms', version: 5, updatedAt: now })
    const [event] = changed?.events ?? []
    assert.deepEqual([event?.type, event?.key, event?.time], ['post.updated', '7', now])
    assert.deepEqual(event?.data, { id: 7, author_id: 3, title: 'On looms', version: 5 })
  })

  test('clears what is given empty, but no title', () => {
    const changed = changePost(post, { title: '', content: '', tags: [], media: [] }, now)
    const { title, content, tags, media } = changed?.post ?? post
    assert.deepEqual([title, content, tags, media], ['On engines', undefined, [], []])
  })

  test('is none when everything is as it was; the ids of media do not count', () => {
    const media = [{ ...picture, id: 10, position: 1 }]
    assert.equal(changePost(post, {}, now), undefined)
    const same = { title: 'On engines', content: 'They weave.', tags: [tag(1), tag(2)], media }
    assert.equal(changePost(post, same, now), undefined)
    assert.deepEqual(changePost(post, { ...same, title: 'x' }, now)?.post.media, post.media)
  })

  test('may be of nothing but the order of tags or of one thing about media', () => {
    assert.deepEqual(changePost(post, { tags: [tag(2), tag(1)] }, now)?.post.tags, [tag(2), tag(1)])
    for (const difference of [{ position: 2 }, { description: 'x' }, { type: 'video' as const }, { url: 'x' }]) {
      const media = [{ ...picture, id: 10, position: 1, ...difference }]
      assert.deepEqual(changePost(post, { media }, now)?.post.media, media)
    }
  })

  test('has a later time than the one before, also by a clock that is behind', () => {
    const changed = changePost(post, { title: 'x' }, new Date('2026-01-01T12:00:00Z'))
    assert.equal(changed?.post.updatedAt.toISOString(), '2026-01-02T00:00:00.001Z')
  })
})

test('a deletion is newer than the last version', () => {
  const [event] = deleted(post, now)
  assert.deepEqual([event?.type, event?.data], ['post.deleted', { id: 7, author_id: 3, version: 5 }])
})

test('a post belongs to its author alone', () => {
  mustBeAuthor(3, post)
  assert.throws(() => mustBeAuthor(4, post), { kind: 'forbidden', message: 'forbidden' })
})

test('media without a position take their place in the list; an empty description is none', () => {
  const media = numbered([{ ...picture, position: 9 }, { ...picture, description: '' }, picture], [4, 5, 6])
  assert.deepEqual(media, [
    { ...picture, id: 4, position: 9 },
    { ...picture, id: 5, position: 2 },
    { ...picture, id: 6, position: 3 },
  ])
  assert.throws(() => numbered([picture], []), /fewer ids/)
})
