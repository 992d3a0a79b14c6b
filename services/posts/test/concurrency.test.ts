import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { CreatedPostView } from '@pharos/platform/contracts/http/posts'
import { statement } from '@pharos/platform/postgres/statement'
import { eventually } from '@pharos/platform/testing/eventually'
import { startPosts } from './posts-service.ts'
import type { PostsUnderTest } from './posts-service.ts'

let posts: PostsUnderTest
before(async () => {
  posts = await startPosts()
})
after(() => posts[Symbol.asyncDispose]())

test('gives one tag one id, also to many who use it first at the same time', async () => {
  const people = await Promise.all([posts.join(), posts.join(), posts.join()])
  const names = Array.from({ length: 12 }, (_, n) => `new-${n}`)
  const created = await Promise.all(
    Array.from({ length: 12 }, (_, n) =>
      posts.publish(people[n % 3]!, { tags: n % 2 === 0 ? names : names.toReversed() }),
    ),
  )
  const idsOf = ({ tags = [] }: CreatedPostView) => new Map(tags.map(({ id, name }) => [name, id]))
  const first = idsOf(created[0]!)
  for (const post of created) for (const [name, id] of idsOf(post)) assert.equal(id, first.get(name))
  assert.equal((await posts.list('tag=new-3')).total, 12)
})

test('two that use the same new tags in another order wait for each other, and not in a circle', async () => {
  const ada = await posts.join()
  await posts.publish(ada)
  const takeName = statement('test.take-name', `INSERT INTO tags (name) VALUES ('middle')`)
  const waiting = statement(
    'test.waiting',
    `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  )
  const both: Promise<CreatedPostView>[] = []
  const taken = posts.db.transaction(async (tx) => {
    await tx.statement(takeName, [])
    both.push(posts.publish(ada, { tags: ['first', 'middle', 'third'] }))
    both.push(posts.publish(ada, { tags: ['third', 'middle', 'first'] }))
    await eventually(async () => assert.equal((await posts.db.statement(waiting, [])).length, 2))
    throw new Error('the name is free again')
  })
  await assert.rejects(taken, /free again/)
  const [one, other] = await Promise.all(both)
  assert.deepEqual(one?.tags, other?.tags?.toReversed())
})

test('totals stay true when many write, change and delete at the same time', async () => {
  const people = await Promise.all([posts.join(), posts.join(), posts.join()])
  const { total } = await posts.list()
  const life = async (n: number) => {
    const author = people[n % people.length]!
    const options = { token: author.token }
    const { id } = await posts.publish(author, { tags: ['busy', `busy-${n % 4}`] })
    if (n % 2 === 0) await posts.api.put(`/posts/${id}`, { tags: [`busy-${n % 5}`] }, options)
    if (n % 3 === 0) await posts.api.delete(`/posts/${id}`, options)
  }
  await Promise.all(Array.from({ length: 60 }, (_, n) => life(n)))
  assert.equal((await posts.list()).total, total + 40)
  const each = await Promise.all(people.map(async ({ id }) => (await posts.list(`author_id=${id}`)).total))
  assert.equal(each[0]! + each[1]! + each[2]!, 40)
  const left = Array.from({ length: 60 }, (_, n) => n).filter((n) => n % 3 !== 0 && n % 2 !== 0)
  assert.equal((await posts.list('tag=busy')).total, left.length)
})
