import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { invalidInput, refusal, userNotFound, validationFailed } from '@pharos/platform/testing/refusals'
import { startRelations } from './relations-service.ts'
import type { RelationsUnderTest } from './relations-service.ts'

let relations: RelationsUnderTest
before(async () => {
  relations = await startRelations()
})
after(() => relations[Symbol.asyncDispose]())

type Page = {
  users: { id: number; username: string; avatar_url?: string }[]
  total: number
  page: number
  limit: number
}

/** Both lists are one in two directions, so every guarantee is asked of both. */
const directions = [
  {
    list: 'followers',
    /** Makes somebody appear in the list of `owner`. */
    enter: (owner: { id: number; token: string }, who: { id: number; token: string }) => relations.follow(who, owner),
    row: (owner: number, id: number) => [id, owner],
  },
  {
    list: 'followees',
    enter: (owner: { id: number; token: string }, who: { id: number; token: string }) => relations.follow(owner, who),
    row: (owner: number, id: number) => [owner, id],
  },
] as const

const insertFollow = 'INSERT INTO follows (follower_id, followee_id, created_at) VALUES ($1, $2, now())'

for (const { list, enter, row } of directions) {
  const get = (id: unknown, query = '') =>
    relations.api.get<Record<string, never>>(`/relation/${String(id)}/${list}${query}`)
  const read = async (id: number, query = ''): Promise<Page> => {
    const { status, body, text } = await get(id, query)
    assert.equal(status, 200, text)
    assert.ok(body?.data)
    const { [list]: users, ...rest } = body.data as unknown as Record<string, Page['users']> & Page
    return { ...rest, users: users ?? [] }
  }
  const idsOf = async (id: number, query = '') => (await read(id, query)).users.map((user) => user.id)

  describe(`GET /relation/{user_id}/${list}`, () => {
    test('shows who is in it with username and, where there is one, avatar', async () => {
      const owner = await relations.join()
      const ada = await relations.join({ avatar_url: 'https://example.org/ada.png' })
      const bob = await relations.join()
      await enter(owner, ada)
      await enter(owner, bob)
      assert.deepEqual((await get(owner.id)).body?.data, {
        [list]: [
          { id: bob.id, username: bob.username },
          { id: ada.id, username: ada.username, avatar_url: 'https://example.org/ada.png' },
        ],
        total: 2,
        page: 1,
        limit: 20,
      })
    })

    test('is empty for somebody who is there and of whom nothing is known here', async () => {
      const owner = await relations.join()
      assert.deepEqual((await get(owner.id)).body?.data, { [list]: [], total: 0, page: 1, limit: 20 })
    })

    test('pages newest first, without overlap, with the true total also beyond the last page', async () => {
      const owner = await relations.join()
      const people = []
      for (let n = 0; n < 5; n += 1) people.push(await relations.join())
      for (const who of people) await enter(owner, who)
      const newestFirst = people.map(({ id }) => id).toReversed()
      const pages = [1, 2, 3].map((page) => read(owner.id, `?page=${page}&limit=2`))
      const found = await Promise.all(pages)
      assert.deepEqual(
        found.flatMap(({ users }) => users.map(({ id }) => id)),
        newestFirst,
      )
      const beyond = await read(owner.id, '?page=4&limit=2')
      assert.deepEqual(beyond, { users: [], total: 5, page: 4, limit: 2 })
      assert.deepEqual(
        found.map(({ total }) => total),
        [5, 5, 5],
      )
      assert.deepEqual(await idsOf(owner.id, '?page=1000000&limit=100'), [])
    })

    test('takes twenty to a page, at most a hundred, and falls back to that for what is out of range', async () => {
      const owner = await relations.join()
      for (let n = 1; n <= 120; n += 1) await relations.run(insertFollow, row(owner.id, 800_000_000 + n))
      await relations.run('INSERT INTO follow_counts VALUES ($1, 120, 120)', [owner.id])
      assert.equal((await read(owner.id)).users.length, 20)
      for (const query of [
        '?limit=0',
        '?limit=101',
        '?limit=x',
        '?limit=-1',
        '?limit=',
        '?limit=1.5',
        '?limit=1&limit=2',
      ])
        assert.deepEqual([query, (await read(owner.id, query)).limit], [query, 20])
      for (const query of ['?page=0', '?page=x', '?page=-1', '?page=', '?page=1.5', '?page=99999999999'])
        assert.deepEqual([query, (await read(owner.id, query)).page], [query, 1])
      assert.equal((await read(owner.id, '?limit=100')).users.length, 100)
      assert.equal((await read(owner.id, '?limit=100&page=2')).users.length, 20)
    })

    test('asks users for whom it does not know, once, and keeps what it is told', async () => {
      const [owner, ada] = [await relations.join(), await relations.join()]
      await relations.run(insertFollow, row(owner.id, ada.id))
      assert.deepEqual((await read(owner.id)).users, [{ id: ada.id, username: ada.username }])
      await relations.users.cut()
      try {
        assert.deepEqual((await read(owner.id)).users, [{ id: ada.id, username: ada.username }])
      } finally {
        await relations.users.mend()
      }
    })

    test('shows who is gone as a missing user', async () => {
      const [owner, ada] = [await relations.join(), await relations.join()]
      await enter(owner, ada)
      await relations.run(insertFollow, row(owner.id, 900_000_009))
      await relations.run(
        `INSERT INTO user_cards (id, version, deleted) VALUES ($1, 9, true)
         ON CONFLICT (id) DO UPDATE SET deleted = true, username = NULL, avatar_url = NULL`,
        [ada.id],
      )
      assert.deepEqual((await read(owner.id)).users, [
        { id: 900_000_009, username: 'Missing user' },
        { id: ada.id, username: 'Missing user' },
      ])
    })

    test('is not there for who does not exist or is gone', async () => {
      assert.deepEqual(refusal(await get(900_000_010)), userNotFound)
      await relations.run(
        'INSERT INTO user_cards (id, version, deleted) VALUES ($1, 2, true) ON CONFLICT DO NOTHING',
        [900_000_011],
      )
      assert.deepEqual(refusal(await get(900_000_011)), userNotFound)
    })

    test('refuses an id that is none', async () => {
      for (const wrong of ['x', '1.5', '9007199254740993', '%00', '1%00'])
        assert.deepEqual(refusal(await get(wrong)), invalidInput, wrong)
      for (const wrong of [0, -1]) assert.deepEqual(refusal(await get(wrong)), validationFailed, String(wrong))
    })

    test('is read at all its paths, by anybody, also with a token that is none', async () => {
      const owner = await relations.join()
      for (const path of ['/relation', '/relations'].flatMap((prefix) => [
        `${prefix}/${owner.id}/${list}`,
        `${prefix}/${owner.id}/${list}/`,
      ]))
        assert.equal((await relations.api.get(path, { token: 'nonsense' })).status, 200, path)
    })

    test('is compressed for who takes it', async () => {
      const owner = await relations.join()
      for (let n = 1; n <= 50; n += 1) await relations.run(insertFollow, row(owner.id, 800_000_000 + n))
      const { headers, body } = await relations.api.get(`/relation/${owner.id}/${list}?limit=50`, {
        headers: { 'accept-encoding': 'gzip' },
      })
      assert.equal(headers['content-encoding'], 'gzip')
      assert.equal(body?.status, 200)
    })
  })
}
