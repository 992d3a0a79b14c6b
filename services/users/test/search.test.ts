import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { statement } from '@pharos/platform/postgres/statement'
import { searchStatement } from '../src/adapters/postgres/user-search.ts'
import { refusal, refused } from '@pharos/platform/testing/refusals'
import { startUsers } from './users-service.ts'
import type { Person, UsersUnderTest } from './users-service.ts'

type Found = { readonly id: number; readonly username: string; readonly email?: string }
type Page = { readonly users: Found[]; readonly total: number }

let users: UsersUnderTest
before(async () => {
  users = await startUsers()
})
after(() => users[Symbol.asyncDispose]())

const search = async (query: string, more = '') => {
  const answer = await users.api.get<Page>(`/users/search?query=${encodeURIComponent(query)}${more}`)
  assert.equal(answer.status, 200, answer.text)
  return answer.body?.data as Page
}
const names = async (query: string, more = '') => (await search(query, more)).users.map(({ username }) => username)
const join = (username: string, more: Partial<Person> = {}) =>
  users.join({ username, email: `${username}@example.org`, ...more })

describe('GET /users/search', () => {
  test('finds a part of the username or of the full name in any case, and no part of an address', async () => {
    await join('grace.hopper', { email: 'amazing@navy.example' })
    await join('ghopper2', { full_name: 'Grâce HOPPER' })
    assert.deepEqual(await names('HOPP'), ['grace.hopper', 'ghopper2'])
    assert.deepEqual(await names('GRÂCE'), ['ghopper2'])
    assert.deepEqual(await names('gra\u0302ce'), ['ghopper2'])
    assert.deepEqual(await names('amazing'), [])
    assert.deepEqual(await names('navy.example'), [])
  })

  test('finds an address when it is whole, in any case, and does not show it', async () => {
    await join('linus', { email: 'torvalds@kernel.example' })
    const page = await search('TORVALDS@kernel.example')
    assert.deepEqual([page.total, page.users[0]?.username, page.users[0]?.email], [1, 'linus', undefined])
    assert.equal((await search('torvalds@kernel.exampl')).total, 0)
  })

  test('takes wildcards and backslashes for what they are', async () => {
    await join('per_cent', { full_name: '100% \\o/' })
    await join('perxcent', { full_name: '100 percent' })
    assert.deepEqual(await names('per_c'), ['per_cent'])
    assert.deepEqual(await names('100%'), ['per_cent'])
    assert.deepEqual(await names('\\o/'), ['per_cent'])
    assert.deepEqual(await names('%'), ['per_cent'])
    assert.deepEqual(await names('\\'), ['per_cent'])
    assert.deepEqual(await names('%_%'), [])
  })

  test('does not find what lies across the two names', async () => {
    await join('edsger', { full_name: 'wybe' })
    assert.deepEqual(await names('rwy'), [])
    assert.deepEqual(await names('r w'), [])
  })

  test('puts the exact username first, then those that begin so, then full names, then the shorter, then the older', async () => {
    await join('xx_turing_b')
    await join('xx_turing_a')
    await join('somebody', { full_name: 'Turing, Alan' })
    await join('turing1912')
    await join('x_turing')
    await join('turing')
    assert.deepEqual(await names('Turing'), [
      'turing',
      'turing1912',
      'somebody',
      'x_turing',
      'xx_turing_b',
      'xx_turing_a',
    ])
  })

  test('pages without overlap and tells the true total, also beyond the last page', async () => {
    for (const n of [1, 2, 3, 4, 5]) await join(`pager_${n}`)
    const first = await search('pager_', '&limit=2')
    const second = await search('pager_', '&limit=2&page=2')
    const third = await search('pager_', '&limit=2&page=3')
    const beyond = await search('pager_', '&limit=2&page=4')
    const found = [first, second, third].flatMap((page) => page.users.map(({ username }) => username))
    assert.deepEqual(found, ['pager_1', 'pager_2', 'pager_3', 'pager_4', 'pager_5'])
    assert.deepEqual([first.total, second.total, third.total, beyond.total], [5, 5, 5, 5])
    assert.deepEqual(beyond.users, [])
    assert.deepEqual(await search('nobody-at-all'), { users: [], total: 0 })
  })

  test('takes ten to a page, and falls back to that for a page or limit out of range', async () => {
    for (let n = 0; n < 12; n += 1) await join(`many-${n}`)
    assert.equal((await search('many-')).users.length, 10)
    for (const more of ['&limit=0', '&limit=101', '&limit=x', '&limit=-1', '&page=0', '&page=x']) {
      assert.deepEqual([more, (await search('many-', more)).users.length], [more, 10])
    }
    assert.equal((await search('many-', '&limit=100')).users.length, 12)
  })

  test('finds texts of one and two characters too', async () => {
    await join('qq1')
    await join('qq2', { full_name: 'ÿ' })
    assert.deepEqual(await names('qq'), ['qq1', 'qq2'])
    assert.deepEqual(await names('Ÿ'), ['qq2'])
    assert.equal((await search('q')).total, 2)
  })

  test('shows at once who has joined, changed or gone', async () => {
    assert.deepEqual(await names('phoenix'), [])
    const user = await join('phoenix_1')
    assert.deepEqual(await names('phoenix'), ['phoenix_1'])
    await users.api.put(`/users/${user.id}`, { username: 'phoenix_2' }, { token: user.token })
    assert.deepEqual(await names('phoenix'), ['phoenix_2'])
    await users.api.delete(`/users/${user.id}`, { token: user.token })
    assert.deepEqual(await search('phoenix'), { users: [], total: 0 })
  })

  test('refuses a text that is missing, empty, too long or holds NUL', async () => {
    const invalid = refused(400, 'invalid search query', 'SEARCH_INVALID_QUERY')
    for (const query of ['', '?query=', `?query=${'a'.repeat(101)}`, '?query=a%00b', '?page=2']) {
      assert.deepEqual(refusal(await users.api.get(`/users/search${query}`)), invalid)
    }
    assert.equal((await users.api.get(`/users/search?query=${'a'.repeat(100)}`)).status, 200)
    assert.equal((await users.api.get(`/users/search?query=${encodeURIComponent('é'.repeat(100))}`)).status, 200)
  })
})

describe('with twenty thousand users', () => {
  before(async () => {
    const seed = statement(
      'test.seed',
      `INSERT INTO users (username, email, full_name, full_name_folded, created_at, updated_at)
       SELECT 'u' || md5(n::text), n || '@seed.example', 'Person ' || n, 'person ' || n, now(), now()
       FROM generate_series(1, 20000) AS n`,
    )
    await users.db.statement(seed, [])
    await users.db.statement(statement('test.analyze', 'ANALYZE users'), [])
  })

  const planOf = async (text: string): Promise<string> => {
    const { what } = searchStatement({ text, page: 1, limit: 10 })
    const [rows] = await users.db.sequelize.query(`EXPLAIN (GENERIC_PLAN) ${what.text}`)
    return (rows as { 'QUERY PLAN': string }[]).map((row) => row['QUERY PLAN']).join('\n')
  }

  for (const text of ['ada', 'person 123', 'person', '100%', 'x@seed.example', '19999@seed.example']) {
    test(`a search for "${text}" uses the trigram index`, async () => {
      const plan = await planOf(text)
      assert.match(plan, /Bitmap Index Scan on users_search_text/)
      assert.doesNotMatch(plan, /Seq Scan on users/)
    })
  }

  for (const text of ['a', 'ad', '%', '___']) {
    test(`a search for "${text}", in which there is no trigram, does not read the index from end to end`, async () => {
      assert.match(await planOf(text), /Seq Scan on users/)
    })
  }

  for (const text of ['ada', '19999@seed.example', 'a']) {
    test(`a search for "${text}" is planned once and not each time`, async () => {
      // One row is where a plan that knows the limit looks cheapest beside one that does not.
      const { what, values } = searchStatement({ text, page: 1, limit: 1 })
      const kept = statement('test.plans', 'SELECT generic_plans FROM pg_prepared_statements WHERE name = $1')
      const [row] = await users.db.transaction(async (tx) => {
        for (let time = 0; time < 12; time += 1) await tx.statement(what, values)
        return tx.statement<{ generic_plans: number }>(kept, [what.name])
      })
      assert.equal(Number(row?.generic_plans), 12)
    })
  }

  test('totals count all of them', async () => {
    const page = await search('person 1')
    assert.equal(page.total, 11_111)
    assert.equal(page.users.length, 10)
    assert.equal((await search('12345@seed.example')).total, 1)
  })
})
