import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { PostPageView } from '@pharos/platform/contracts/http/posts'
import { invalidInput, refusal, validationFailed } from '@pharos/platform/testing/refusals'
import { startPosts } from './posts-service.ts'
import type { Person, PostsUnderTest } from './posts-service.ts'

let posts: PostsUnderTest
let ada: Person
let bob: Person
/** One post an hour: ten in all, those of ada even, those of bob odd; every third has the tag. */
const titles = Array.from({ length: 10 }, (_, n) => `${n}`)
const timeOf = (n: number) => new Date(Date.UTC(2026, 0, 1, n)).toISOString()

before(async () => {
  posts = await startPosts()
  ;[ada, bob] = [await posts.join({ full_name: 'Ada' }), await posts.join()]
  for (const title of titles) {
    const n = Number(title)
    const { id } = await posts.publish(n % 2 === 0 ? ada : bob, { title, ...(n % 3 === 0 && { tags: ['third'] }) })
    for (const [table, key] of [
      ['posts', 'id'],
      ['post_tags', 'post_id'],
    ]) {
      await posts.db.sequelize.query(`UPDATE ${table} SET created_at = :at WHERE ${key} = :id`, {
        replacements: { at: timeOf(n), id },
      })
    }
  }
})
after(() => posts[Symbol.asyncDispose]())

const shown = ({ posts: page }: PostPageView) => page.map(({ title }) => title).join(' ')

/** Title of every post of a list, read page by page by its cursors, and the totals that the pages tell. */
const walk = async (query: string, limit: number) => {
  const pages: PostPageView[] = [await posts.list(`${query}&limit=${limit}`)]
  for (let next = pages[0]?.next_cursor; next !== undefined; next = pages.at(-1)?.next_cursor)
    pages.push(await posts.list(`${query}&limit=${limit}&cursor=${next}`))
  return { titles: pages.map(shown).join(' '), totals: [...new Set(pages.map(({ total }) => total))] }
}

describe('GET /posts/list', () => {
  test('shows posts newest first, as they are read one by one', async () => {
    const page = await posts.list()
    assert.deepEqual([shown(page), page.total, page.next_cursor], ['9 8 7 6 5 4 3 2 1 0', 10, undefined])
    assert.deepEqual(page.posts[0]?.author, { id: bob.id, username: bob.username })
    assert.deepEqual(page.posts[1], (await posts.read(page.posts[1]?.id ?? 0)).body?.data)
  })

  test('answers with and without a slash at the end', async () => {
    assert.equal((await posts.api.get('/posts/list/')).status, 200)
  })

  const filters: [string, () => string, string][] = [
    ['everything', () => '', '9 8 7 6 5 4 3 2 1 0'],
    ['one author', () => `author_id=${ada.id}`, '8 6 4 2 0'],
    ['one tag', () => 'tag=third', '9 6 3 0'],
    ['one tag of one author', () => `tag=third&author_id=${ada.id}`, '6 0'],
    ['a time with both its ends', () => `created_after=${timeOf(2)}&created_before=${timeOf(5)}`, '5 4 3 2'],
    ['an open end', () => `created_after=${timeOf(7)}`, '9 8 7'],
    ['an open beginning', () => `created_before=${timeOf(1)}`, '1 0'],
    [
      'an author in a time',
      () => `author_id=${bob.id}&created_after=${timeOf(2)}&created_before=${timeOf(7)}`,
      '7 5 3',
    ],
    ['a tag in a time', () => `tag=third&created_after=${timeOf(1)}&created_before=${timeOf(6)}`, '6 3'],
    ['all at once', () => `tag=third&author_id=${ada.id}&created_before=${timeOf(5)}`, '0'],
    ['a moment', () => `created_after=${timeOf(4)}&created_before=${timeOf(4)}`, '4'],
    ['another offset from UTC', () => `created_after=2026-01-01T10:00:00%2B02:00`, '9 8'],
    ['nobody', () => 'author_id=900000001', ''],
    ['a tag that nobody uses', () => 'tag=fourth', ''],
    ['a time without posts', () => 'created_after=9999-12-31T23:59:59-23:59', ''],
    ['a time before all time', () => 'created_before=0000-01-01T00:00:00Z', ''],
    [
      'all the time there is',
      () => 'created_after=0000-01-01T00:00:00Z&created_before=9999-12-31T23:59:59Z',
      '9 8 7 6 5 4 3 2 1 0',
    ],
  ]
  for (const [name, query, expected] of filters) {
    test(`filters by ${name}, with a true total, in pages of cursors and of offsets`, async () => {
      const whole = await posts.list(query())
      const all = expected.split(' ').filter(Boolean)
      assert.deepEqual([shown(whole), whole.total, whole.next_cursor], [expected, all.length, undefined])
      for (const limit of [1, 2, 3]) {
        assert.deepEqual(await walk(query(), limit), { titles: expected, totals: [all.length] })
      }
      const second = await posts.list(`${query()}&limit=2&page=2`)
      assert.deepEqual([shown(second), second.total], [all.slice(2, 4).join(' '), all.length])
      assert.equal(second.next_cursor !== undefined, all.length > 4)
      const rest = await posts.list(`${query()}&offset=1`)
      assert.deepEqual([shown(rest), rest.total], [all.slice(1).join(' '), all.length])
      const beyond = await posts.list(`${query()}&offset=1000`)
      assert.deepEqual([beyond.posts, beyond.total, beyond.next_cursor], [[], all.length, undefined])
    })
  }

  test('goes on from a cursor of any kind of page, whatever comes in between', async () => {
    const first = await posts.list('limit=2&offset=1')
    assert.equal(shown(first), '8 7')
    const newer = await posts.publish(ada, { title: 'newer' })
    const next = await posts.list(`limit=2&cursor=${first.next_cursor}`)
    assert.equal(shown(next), '6 5')
    assert.equal(next.total, 11)
    assert.equal(shown(await posts.list('limit=1')), 'newer')
    await posts.api.delete(`/posts/${newer.id}`, { token: ada.token })
    const filtered = await posts.list(`author_id=${ada.id}&cursor=${first.next_cursor}`)
    assert.equal(shown(filtered), '6 4 2 0')
    const until = await posts.list(`created_before=${timeOf(3)}&cursor=${first.next_cursor}`)
    assert.deepEqual([shown(until), until.total], ['3 2 1 0', 4])
  })

  test('puts the higher id first of two of the same moment, and a cursor between them works', async () => {
    const ids: number[] = []
    for (let n = 0; n < 4; n += 1) ids.push((await posts.publish(bob, { title: `same-${n}`, tags: ['same'] })).id)
    for (const table of ['posts', 'post_tags'])
      await posts.db.sequelize.query(`UPDATE ${table} SET created_at = '2026-02-01' WHERE created_at > '2026-01-02'`)
    assert.deepEqual(await walk('tag=same', 1), { titles: 'same-3 same-2 same-1 same-0', totals: [4] })
    const author = await walk(`author_id=${bob.id}&created_after=2026-02-01T00:00:00Z`, 3)
    assert.deepEqual(author, { titles: 'same-3 same-2 same-1 same-0', totals: [4] })
    for (const id of ids) await posts.api.delete(`/posts/${id}`, { token: bob.token })
  })

  test('takes twenty to a page, at most a hundred; a cursor goes before an offset and that before a page', async () => {
    const carol = await posts.join()
    for (let n = 0; n < 25; n += 1) await posts.publish(carol, { title: `c${n}` })
    const by = `author_id=${carol.id}`
    const page = await posts.list(by)
    assert.equal(page.posts.length, 20)
    assert.equal((await posts.list(`${by}&limit=100`)).posts.length, 25)
    assert.equal(shown(await posts.list(`${by}&limit=1&offset=3&page=9`)), 'c21')
    assert.equal(shown(await posts.list(`${by}&limit=1&offset=3&page=9&cursor=${page.next_cursor}`)), 'c4')
  })

  test('refuses what is wrong, and says which field it is', async () => {
    const wrongForm = ['limit=x', 'limit=', 'offset=1.5', 'page=one', 'author_id=ada', 'author_id=', 'limit=1&limit=2']
    for (const query of wrongForm)
      assert.deepEqual([query, refusal(await posts.api.get(`/posts/list?${query}`))], [query, invalidInput])
    const { next_cursor: cursor = '' } = await posts.list('limit=1')
    const later = Buffer.from('8640000000000001.1').toString('base64url')
    const faults: [string, string][] = [
      ['limit', 'limit=0'],
      ['limit', 'limit=101'],
      ['limit', 'limit=-1'],
      ['offset', 'offset=-1'],
      ['page', 'page=0'],
      ['author_id', 'author_id=0'],
      ['tag', 'tag='],
      ['tag', `tag=${'x'.repeat(51)}`],
      ['tag', 'tag=a%00b'],
      ['created_after', 'created_after=yesterday'],
      ['created_after', 'created_after='],
      ['created_before', 'created_before=2026-02-30T00:00:00Z'],
      ['created_before', 'created_before=2026-01-01'],
      ['created_after', 'created_after=2026-02-01T00:00:00Z&created_before=2026-01-01T00:00:00Z'],
      ['cursor', 'cursor=nonsense'],
      ['cursor', 'cursor='],
      ['cursor', `cursor=${cursor}x`],
      ['cursor', `cursor=${cursor.slice(1)}`],
      ['cursor', `cursor=${later}`],
      ['cursor', `cursor=${Buffer.from('1.0').toString('base64url')}`],
      ['cursor', `cursor=${Buffer.from('1.9007199254740992').toString('base64url')}`],
      ['cursor', `cursor=${Buffer.from('-1.1').toString('base64url')}`],
    ]
    for (const [path, query] of faults) {
      const answer = await posts.api.get(`/posts/list?${query}`)
      assert.deepEqual([query, refusal(answer)], [query, validationFailed])
      assert.equal(answer.body?.details?.[0]?.path, path)
    }
  })
})
