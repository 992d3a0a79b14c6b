import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answering } from '../stores/stub.ts'
import { takesFaults, whileFailing } from './flag.ts'

const management = (url: string) => ({
  gateway: url,
  users: url,
  auth: url,
  posts: url,
  notifications: url,
  relations: url,
})

test('a service is made to fail for as long as the work takes, and is well again also when that throws', async () => {
  const heard: string[] = []
  await using service = await answering(({ pathname }, body, method) => {
    heard.push(`${method} ${pathname} ${body}`)
    return {}
  })
  const place = { management: management(service.url) }
  const work = (): Promise<never> => {
    heard.push('work')
    return Promise.reject(new Error('broken'))
  }
  await assert.rejects(whileFailing(place, 'users', work), /broken/)
  assert.deepEqual(heard, [
    'PUT /faults/http-error {"variant":"all"}',
    'work',
    'PUT /faults/http-error {"variant":"off"}',
  ])
})

test('services without FAULTS=on are known, and setting a flag of theirs is a failure in a sentence', async () => {
  await using off = await answering(() => undefined)
  await using on = await answering(() => ({ flags: [{ flag: 'http-error', variant: 'off' }] }))
  assert.equal(await takesFaults({ management: management(off.url) }), false)
  assert.equal(await takesFaults({ management: management(on.url) }), true)
  await assert.rejects(
    whileFailing({ management: management(off.url) }, 'users', async () => 1),
    /users does not set http-error to all: 404/,
  )
})
