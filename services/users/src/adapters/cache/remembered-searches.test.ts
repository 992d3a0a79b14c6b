import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SearchPage } from '../../application/ports.ts'
import { rememberSearches } from './remembered-searches.ts'

const query = { text: 'ada', page: 1, limit: 10 }

const setUp = () => {
  let asked = 0
  let time = 0
  const inner = {
    find: async (): Promise<SearchPage> => {
      asked += 1
      return { users: [], total: asked }
    },
  }
  const searches = rememberSearches(inner, () => time)
  return { searches, asked: () => asked, pass: (ms: number) => (time += ms) }
}

test('the same page is asked for once a second, also by callers at the same time', async () => {
  const { searches, asked, pass } = setUp()
  await Promise.all([searches.find(query), searches.find(query)])
  assert.equal((await searches.find(query)).total, 1)
  await searches.find({ ...query, page: 2 })
  assert.equal(asked(), 2)
  pass(1_001)
  await searches.find(query)
  assert.equal(asked(), 3)
})

test('after a write nothing of before is answered, also not what was being read meanwhile', async () => {
  const { searches } = setUp()
  const before = searches.find(query)
  searches.forget()
  assert.equal((await before).total, 1)
  assert.equal((await searches.find(query)).total, 2)
})

test('a search that failed is asked for again', async () => {
  let fails = true
  const searches = rememberSearches({
    find: async () => {
      if (fails) throw new Error('away')
      return { users: [], total: 0 }
    },
  })
  await assert.rejects(async () => searches.find(query))
  fails = false
  assert.equal((await searches.find(query)).total, 0)
})

test('it remembers a bounded number of pages', async () => {
  const { searches, asked } = setUp()
  for (let page = 1; page <= 201; page += 1) await searches.find({ ...query, page })
  await searches.find({ ...query, page: 1 })
  assert.equal(asked(), 202)
  await searches.find({ ...query, page: 201 })
  assert.equal(asked(), 202)
})
