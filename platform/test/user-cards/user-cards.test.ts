import assert from 'node:assert/strict'
import { after, beforeEach, describe, test } from 'node:test'
import type { DomainEvent } from '../../src/contracts/events/define.ts'
import { userCreated } from '../../src/contracts/events/user-created.v1.ts'
import { userDeleted } from '../../src/contracts/events/user-deleted.v1.ts'
import { userUpdated } from '../../src/contracts/events/user-updated.v1.ts'
import { createServiceClient } from '../../src/http/client.ts'
import { createServiceTokens } from '../../src/http/service-token.ts'
import { connectPostgres, statement } from '../../src/postgres/connect.ts'
import { Secret } from '../../src/runtime/config.ts'
import { testDatabase } from '../../src/testing/stores.ts'
import { userCardsMigration } from '../../src/user-cards/table.ts'
import { createUserCards } from '../../src/user-cards/user-cards.ts'
import { answerJson, startFakePeer } from '../http/fake-peer.ts'

const CONSUMER = 'test'
const all = statement('test.cards', 'SELECT * FROM user_cards ORDER BY id')
const empty = statement('test.no-cards', 'DELETE FROM user_cards')
const ada = { id: 1, username: 'ada', email: 'ada@example.org', avatar_url: 'https://example.org/a.png', version: 1 }
const adasCard = { id: 1, version: 1, deleted: false, username: 'ada', avatar_url: 'https://example.org/a.png' }
const notFound = answerJson(404, { status: 404, message: 'user not found', code: 'USER_NOT_FOUND' })

describe('the copy of users', async () => {
  await using stack = new AsyncDisposableStack()
  const { url } = stack.use(await testDatabase())
  const db = stack.use(await connectPostgres({ url, poolMax: 5, applicationName: 'test' }))
  await db.sequelize.query(userCardsMigration(['username', 'avatar_url']).up)
  const peer = stack.use(await startFakePeer())
  const tokens = createServiceTokens({ secret: new Secret('a-secret-of-at-least-32-characters'), service: 'test' })
  const users = stack.use(createServiceClient({ peer: 'users', to: peer.url, tokens }))
  const changed: number[] = []
  const forgotten: number[] = []
  const cards = createUserCards({ db, users, columns: ['username', 'avatar_url'], changed: (id) => changed.push(id) })
  const handlers = cards.handlers(async (userId) => void forgotten.push(userId))
  const kept = stack.move()
  after(() => kept.disposeAsync())

  const deliver = async (event: DomainEvent): Promise<boolean | undefined> => {
    const handler = handlers.find(({ contract }) => contract.type === event.type)
    if (handler?.concerns?.(event.data) === false) return undefined
    return handler?.run(db, CONSUMER, event)
  }
  const rows = () => db.statement(all, [])

  beforeEach(async () => {
    await db.statement(empty, [])
    peer.answer = answerJson(500, {})
    peer.seen.length = 0
    changed.length = 0
    forgotten.length = 0
  })

  test('follows the events, each once, and keeps no field that it was not asked to keep', async () => {
    const created = userCreated.event({ ...ada, bio: 'Engines' })
    assert.deepEqual([await deliver(created), await deliver(created)], [true, false])
    assert.deepEqual(await rows(), [adasCard])
    const renamed = { ...ada, username: 'ada_l', version: 2 }
    assert.equal(await deliver(userUpdated.event({ ...renamed, changed: ['username'] })), true)
    assert.deepEqual(await rows(), [{ ...adasCard, username: 'ada_l', version: 2 }])
    assert.deepEqual(changed, [1])
  })

  test('an older version changes nothing, whatever order the events come in', async () => {
    await deliver(userUpdated.event({ ...ada, username: 'ada_l', version: 2 }))
    await deliver(userCreated.event(ada))
    assert.deepEqual(await rows(), [{ ...adasCard, username: 'ada_l', version: 2 }])
  })

  test('an event about fields that it does not keep is none of its concern', async () => {
    assert.equal(await deliver(userUpdated.event({ ...ada, version: 2, changed: ['bio', 'email'] })), undefined)
    assert.deepEqual(await rows(), [])
  })

  test('a deletion leaves only that there was one, and no older event undoes it', async () => {
    await deliver(userCreated.event(ada))
    await deliver(userDeleted.event({ id: 1, version: 3 }))
    await deliver(userUpdated.event({ ...ada, version: 2 }))
    assert.deepEqual(await rows(), [{ id: 1, version: 3, deleted: true, username: null, avatar_url: null }])
    assert.deepEqual([forgotten, changed], [[1], [1, 1]])
    assert.equal(await cards.exists(1), false)
    assert.equal(peer.seen.length, 0)
  })

  test('somebody whose event is still on its way is asked for once and kept', async () => {
    peer.answer = answerJson(200, { status: 200, data: ada })
    assert.equal(await cards.exists(1), true)
    assert.equal(await cards.exists(1), true)
    assert.equal(peer.seen.length, 1)
    assert.deepEqual(await rows(), [adasCard])
  })

  test('somebody whom nobody knows does not exist, and that is not remembered', async () => {
    peer.answer = notFound
    assert.equal(await cards.exists(1), false)
    peer.answer = answerJson(200, { status: 200, data: ada })
    assert.equal(await cards.exists(1), true)
  })

  test('without users, who has a card exists and about anybody else nothing can be said', async () => {
    await deliver(userCreated.event(ada))
    peer.answer = (req) => req.socket.destroy()
    assert.equal(await cards.exists(1), true)
    await assert.rejects(cards.exists(2), { kind: 'unavailable' })
  })

  test('filling tells whose cards are there now, and passes over who cannot be had', async () => {
    peer.answer = (req, res) => {
      if (req.url?.endsWith('/1')) answerJson(200, { status: 200, data: ada })(req, res)
      else if (req.url?.endsWith('/2')) notFound(req, res)
      else req.socket.destroy()
    }
    const missing = [1, 2, 3]
    assert.deepEqual(await cards.lookUp(missing), new Set([1]))
    assert.deepEqual(await rows(), [adasCard])
  })
})
