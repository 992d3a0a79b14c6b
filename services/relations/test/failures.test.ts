import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Secret } from '@pharos/platform/runtime/config'
import { eventually } from '@pharos/platform/testing/eventually'
import { refusal, userNotFound } from '@pharos/platform/testing/refusals'
import { serviceUnavailable, startRelations } from './relations-service.ts'
import type { RelationsUnderTest } from './relations-service.ts'

const readiness = async ({ managementUrl }: RelationsUnderTest) => (await fetch(`${managementUrl}/readyz`)).status

test('without Redis everything works, from the start', async () => {
  await using relations = await startRelations({ redisUrl: new Secret('redis://127.0.0.1:1') })
  const [ada, bob] = [await relations.join(), await relations.join()]
  assert.equal((await relations.follow(ada, bob)).status, 200)
  assert.equal((await relations.followers(bob.id)).body?.data?.total, 1)
  assert.equal((await relations.unfollow(ada, bob)).status, 200)
  assert.equal((await relations.followees(ada.id)).body?.data?.total, 0)
  assert.equal(await readiness(relations), 200)
})

test('without Postgres it answers 503 and says when to come again, and recovers by itself', async () => {
  await using relations = await startRelations()
  const [ada, bob] = [await relations.join(), await relations.join()]
  assert.equal((await relations.follow(ada, bob)).status, 200)

  await relations.postgres.cut()
  const requests = [
    () => relations.follow(ada, bob),
    () => relations.follow(ada, bob, { 'idempotency-key': 'k' }),
    () => relations.unfollow(ada, bob),
    () => relations.followers(bob.id),
    () => relations.followees(ada.id),
  ]
  for (const request of requests) {
    const answer = await request()
    assert.deepEqual(refusal(answer), serviceUnavailable)
    assert.match(answer.headers['retry-after'] ?? '', /^\d+$/)
  }
  await eventually(async () => assert.equal(await readiness(relations), 503))

  await relations.postgres.mend()
  await eventually(async () => assert.equal((await relations.followers(bob.id)).status, 200))
  assert.equal((await relations.unfollow(ada, bob)).status, 200)
  await eventually(async () => assert.equal(await readiness(relations), 200))
})

describe('without users', () => {
  test('who is known can be followed and listed, who is not is a 503 and no 404', async () => {
    await using relations = await startRelations()
    const [ada, bob, eve] = [await relations.join(), await relations.join(), await relations.join()]
    assert.equal((await relations.follow(ada, bob)).status, 200)
    assert.equal((await relations.unfollow(ada, bob)).status, 200)

    await relations.users.cut()
    assert.equal((await relations.follow(ada, bob)).status, 200)
    const { status, body } = await relations.followers(bob.id)
    assert.equal(status, 200)
    assert.deepEqual(body?.data?.followers, [{ id: ada.id, username: 'Missing user' }], 'nothing is known of ada')
    assert.deepEqual(refusal(await relations.follow(ada, eve)), serviceUnavailable)
    assert.deepEqual(refusal(await relations.followers(eve.id)), serviceUnavailable)
    assert.equal(await readiness(relations), 200)

    await relations.users.mend()
    await eventually(async () => assert.equal((await relations.follow(ada, eve)).status, 200))
    const { body: healed } = await relations.followers(bob.id)
    assert.deepEqual(healed?.data?.followers, [{ id: ada.id, username: ada.username }])
    assert.deepEqual(refusal(await relations.follow(ada, { id: 900_000_001 })), userNotFound)
  })
})
