import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import type { AuthorId } from '../domain/author.ts'
import { fakeAuthors, fakeClock, fakeIds, fakeLists, fakePosts, fakeTags } from './fakes.ts'
import { createUseCases } from './use-cases.ts'

const ADA = 3
const BOB = 4
const draft = { title: 'On engines', content: 'They weave.', tags: ['a', 'b', 'a'], media: [] }
const notFound = { kind: 'not-found', message: 'post not found' }
const forbidden = { kind: 'forbidden', message: 'forbidden' }
const emptyPage = { posts: [], total: 0, next: undefined, unknown: [] }

const setUp = () => {
  const [posts, authors] = [fakePosts(), fakeAuthors()]
  authors.add(ADA)
  authors.add(BOB)
  const ports = { posts, authors, tags: fakeTags(), ids: fakeIds(), clock: fakeClock(), lists: fakeLists(emptyPage) }
  return { ...ports, app: createUseCases(ports) }
}

let world: ReturnType<typeof setUp>
beforeEach(() => {
  world = setUp()
})
const publish = async (author: AuthorId = ADA) => (await world.app.createPost(author, draft)).post
const eventTypes = () => world.posts.events.map(({ type }) => type)

describe('publishing', () => {
  test('stores the post, gives it with its author and tells of it', async () => {
    const { post, author } = await world.app.createPost(ADA, draft)
    assert.equal(author.username, 'u3')
    assert.deepEqual(
      post.tags.map(({ name }) => name),
      ['a', 'b'],
    )
    assert.deepEqual((await world.app.readPost(post.id)).post, post)
    assert.deepEqual(eventTypes(), ['post.created'])
  })

  test('is refused to who has no account, also when that ends meanwhile', async () => {
    await assert.rejects(world.app.createPost(5, draft), { kind: 'unauthenticated', message: 'unauthenticated' })
    world.posts.close(ADA)
    await assert.rejects(world.app.createPost(ADA, draft), { kind: 'unauthenticated' })
  })

  test('waits for nobody when the author is known, and writes nothing when nobody can tell', async () => {
    world.authors.cutOff()
    await publish()
    await assert.rejects(world.app.createPost(5, draft), { kind: 'unavailable' })
    assert.deepEqual(eventTypes(), ['post.created'])
  })
})

describe('changing', () => {
  test('stores the next version and tells of it', async () => {
    const { id, createdAt } = await publish()
    const { post, author } = await world.app.updatePost(ADA, id, { title: 'On looms', tags: ['c', 'c'] })
    assert.deepEqual([post.version, post.title, post.tags.length, author?.id], [2, 'On looms', 1, ADA])
    assert.ok(post.updatedAt > createdAt)
    assert.deepEqual((await world.app.readPost(id)).post, post)
    assert.deepEqual(eventTypes(), ['post.created', 'post.updated'])
  })

  test('that changes nothing tells nothing', async () => {
    const { id } = await publish()
    assert.equal((await world.app.updatePost(ADA, id, { title: draft.title, tags: ['a', 'b'] })).post.version, 1)
    assert.deepEqual(eventTypes(), ['post.created'])
  })

  test('does not lose a change of another replica that this one has not heard of', async () => {
    const before = await publish()
    await world.app.updatePost(ADA, before.id, { content: 'New' })
    world.posts.showStale(before)
    const { post } = await world.app.updatePost(ADA, before.id, { title: 'On looms' })
    assert.deepEqual([post.version, post.content, post.title], [3, 'New', 'On looms'])
  })

  test('does not take a copy for the truth when nothing seems to change', async () => {
    const before = await publish()
    await world.app.updatePost(ADA, before.id, { content: 'New' })
    world.posts.showStale(before)
    assert.equal((await world.app.updatePost(ADA, before.id, { content: 'They weave.' })).post.version, 3)
  })

  test('is forbidden to others, once it is sure that the post is there', async () => {
    const post = await publish()
    await assert.rejects(world.app.updatePost(BOB, post.id, { title: 'x' }), forbidden)
    await assert.rejects(world.app.updatePost(BOB, 99, { title: 'x' }), notFound)
    world.posts.showStale(post)
    await world.app.deletePost(ADA, post.id)
    await assert.rejects(world.app.updatePost(BOB, post.id, { title: 'x' }), notFound)
  })

  test('gives up when others are always first', async () => {
    const { id } = await publish()
    world.posts.save = async () => false
    await assert.rejects(world.app.updatePost(ADA, id, { title: 'x' }), { kind: 'unavailable' })
  })
})

describe('deleting', () => {
  test('removes the post, also one that was changed meanwhile, and tells of it', async () => {
    const before = await publish()
    await world.app.updatePost(ADA, before.id, { title: 'x' })
    world.posts.showStale(before)
    await world.app.deletePost(ADA, before.id)
    await assert.rejects(world.app.readPost(before.id), notFound)
    assert.deepEqual(eventTypes(), ['post.created', 'post.updated', 'post.deleted'])
    assert.partialDeepStrictEqual(world.posts.events.at(-1)?.data, { id: before.id, version: 3 })
  })

  test('is forbidden to others, and the second time there is nothing', async () => {
    const { id } = await publish()
    await assert.rejects(world.app.deletePost(BOB, id), forbidden)
    await world.app.deletePost(ADA, id)
    await assert.rejects(world.app.deletePost(ADA, id), notFound)
    await assert.rejects(world.app.deletePost(BOB, id), notFound)
  })
})

describe('reading', () => {
  test('shows a post also when its author is not known', async () => {
    world.authors.add(5)
    const { id } = await publish(5)
    const authors = fakeAuthors()
    const app = createUseCases({ ...world, authors })
    assert.deepEqual(await app.readPost(id), { post: (await world.app.readPost(id)).post, author: undefined })
    await assert.rejects(app.readPost(99), notFound)
  })

  test('looks up the authors that a page lacks, and leaves unknown whom nobody knows', async () => {
    const [first, second, third] = [await publish(ADA), await publish(BOB), await publish(ADA)]
    const known = world.authors.byId(ADA)
    const page = {
      posts: [first, second, third].map((post) => ({
        post: { ...post, authorId: post === third ? 9 : post.authorId },
        author: undefined,
      })),
      total: 3,
      next: undefined,
      unknown: [ADA, BOB, 9],
    }
    const { posts } = await createUseCases({ ...world, lists: fakeLists(page) }).listPosts({
      start: { offset: 0 },
      limit: 3,
    })
    assert.deepEqual(
      posts.map(({ author }) => author),
      [await known, world.authors.byId(BOB), undefined],
    )
  })
})
