import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { FeedPageView } from '@pharos/platform/contracts/http/notifications'
import type { ApiClient } from '@pharos/platform/testing/api-client'
import { eventually } from '@pharos/platform/testing/eventually'
import { assertRefused, dataOf } from '../answers.ts'
import { openSocket, openStream } from '../live-client.ts'
import { join, openPlatform } from './platform.ts'
import type { Member, Platform } from './platform.ts'

let platform: Platform
let api: ApiClient
before(async () => {
  platform = await openPlatform()
  api = platform.client()
})
after(() => platform?.[Symbol.asyncDispose]())

const follow = async (from: Member, to: Member, correlationId?: string): Promise<void> => {
  const headers: Record<string, string> = correlationId === undefined ? {} : { 'x-correlation-id': correlationId }
  const answer = await api.post('/relation/follow', { followee_id: to.id }, { token: from.token, headers })
  dataOf(answer, 200, 'Followed successfully')
}
const members = (count: number): Promise<Member[]> => Promise.all(Array.from({ length: count }, () => join(api)))

test('a follow reaches the stream and the socket, as the feed shows it', async () => {
  const [star, ada] = (await members(2)) as [Member, Member]
  using stream = await openStream(platform.url, star)
  using socket = await openSocket(platform.url, star)
  const correlationId = `live-${star.id}`
  await follow(ada, star, correlationId)
  await eventually(() => assert.deepEqual([stream.messages.length, socket.messages.length], [1, 1]))
  const { notifications } = dataOf(await api.get<FeedPageView>('/notification/feed', { token: star.token }), 200)
  assert.deepEqual(stream.messages, notifications)
  assert.deepEqual(socket.messages, [{ ...notifications[0], correlation_id: correlationId }])
})

test('who comes back with the last id gets what was missed, each once and in order', async () => {
  const [star, ...fans] = (await members(7)) as [Member, ...Member[]]
  const first = await openStream(platform.url, star)
  await follow(fans[0] as Member, star)
  await eventually(() => assert.equal(first.messages.length, 1))
  first[Symbol.dispose]()
  for (const fan of fans.slice(1, 5)) await follow(fan, star)
  using stream = await openStream(platform.url, { token: star.token, lastId: first.lastId })
  using socket = await openSocket(platform.url, { token: star.token, lastId: first.lastId })
  await follow(fans[5] as Member, star)
  const expected = fans.slice(1).map(({ id }) => ({ follower_id: id }))
  for (const live of [stream, socket]) {
    await eventually(() =>
      assert.deepEqual(
        live.messages.map(({ payload }) => payload),
        expected,
      ),
    )
  }
})

test('a stream without a token is refused, a socket without one is closed with 4401', async () => {
  assertRefused(await api.get('/notification/stream'), 401, 'unauthenticated', 'UNAUTHENTICATED')
  const [ada] = (await members(1)) as [Member]
  using bad = await openSocket(platform.url, { token: 'not-a-token' })
  await eventually(() => assert.equal(bad.closed, 4401))
  const headers = { 'last-event-id': 'x' }
  const malformed = await api.get('/notification/stream', { token: ada.token, headers })
  assertRefused(malformed, 400, 'validation failed', 'VALIDATION_FAILED')
})

test('who signs out or deletes the account hears nothing more', async () => {
  const [gone, other] = (await members(2)) as [Member, Member]
  using stream = await openStream(platform.url, gone)
  using socket = await openSocket(platform.url, gone)
  assert.equal((await api.delete(`/users/${gone.id}`, { token: gone.token })).status, 204)
  await api.post('/notification/send', { user_id: gone.id, type: 'x', payload: 1 }, { token: other.token })
  await eventually(() => assert.deepEqual([stream.closed, socket.closed], [0, 4401]), { timeoutMs: 20_000 })
  assert.deepEqual([stream.messages, socket.messages], [[], []])
})
