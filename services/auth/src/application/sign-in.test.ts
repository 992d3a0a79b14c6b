import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ada, fakeWorld, NOW, refusal, WRONG } from './fakes.ts'
import { createUseCases } from './use-cases.ts'

const address = '192.0.2.1'
const MINUTE_MS = 60_000

const registered = async (more: Partial<ReturnType<typeof fakeWorld>['ports']> = {}) => {
  const world = fakeWorld()
  const app = createUseCases({ ...world.ports, ...more })
  const tokens = await app.register(ada)
  return { world, app, tokens }
}

describe('login', () => {
  test('username and e-mail address both open a session, whatever their case', async () => {
    const { app, world } = await registered()
    await app.login({ login: 'ADA', password: ada.password, address })
    const tokens = await app.login({ login: 'Ada@Example.org', password: ada.password, address })
    assert.equal(tokens.token_type, 'Bearer')
    assert.equal(tokens.expires_in, 900)
    assert.equal(world.sessions.size, 3)
  })

  test('a wrong password is refused, and the fifth in a row locks the account and says so once', async () => {
    const { app, world } = await registered()
    const wrong = () => app.login({ login: 'ada', password: WRONG, address })
    for (let count = 0; count < 5; count += 1) await assert.rejects(wrong, refusal('auth.invalid-credentials'))
    await assert.rejects(wrong, refusal('auth.too-many-attempts'))
    const right = () => app.login({ login: 'ada', password: ada.password, address })
    await assert.rejects(right, refusal('auth.too-many-attempts'))
    assert.deepEqual(world.said, ['user.locked 1'])
  })

  test('a success forgets the failures before it', async () => {
    const { app, world } = await registered()
    await assert.rejects(app.login({ login: 'ada', password: WRONG, address }))
    await app.login({ login: 'ada@example.org', password: ada.password, address })
    assert.equal(world.failures.size, 0)
  })

  test('a password that could not be checked counts as no failure', async () => {
    const { app, world } = await registered()
    world.failing.set('verify', 1)
    await assert.rejects(app.login({ login: 'ada', password: ada.password, address }), refusal('verify.unavailable'))
    assert.equal(world.failures.size, 0)
  })

  test('an unknown login is user not found, unless accounts are hidden: then a password is checked for nothing', async () => {
    const { app } = await registered()
    await assert.rejects(app.login({ login: 'eve', password: WRONG, address }), refusal('user.not-found'))
    const hidden = await registered({ hideAccounts: true })
    const unknown = hidden.app.login({ login: 'eve', password: WRONG, address })
    await assert.rejects(unknown, refusal('auth.invalid-credentials'))
    assert.deepEqual(hidden.world.said, ['verified nothing'])
  })

  test('a deleted user is unknown before the event of it arrives', async () => {
    const { app, world } = await registered()
    world.revokedUsers.add(1)
    const login = app.login({ login: 'ada', password: ada.password, address })
    await assert.rejects(login, refusal('user.not-found'))
  })

  test('a hash with older parameters is renewed, and failing to is no reason to refuse', async () => {
    const { app, world } = await registered()
    const account = world.accounts.get(1)
    assert.ok(account)
    const old = { ...account, passwordHash: `old hash of ${ada.password}` }
    world.accounts.set(1, old)
    world.failing.set('rehash', 1)
    await app.login({ login: 'ada', password: ada.password, address })
    assert.deepEqual(world.said, ['rehash failed'])
    await app.login({ login: 'ada', password: ada.password, address })
    assert.equal(world.accounts.get(1)?.passwordHash, `hash of ${ada.password}`)
  })

  test('a password changed while it was being checked opens nothing', async () => {
    const { world } = await registered()
    const passwords = {
      ...world.ports.passwords,
      verify: async () => {
        world.accounts.set(1, { userId: 1, role: 'user', passwordHash: 'another', names: ['ada'] })
        return true
      },
    }
    const app = createUseCases({ ...world.ports, passwords })
    const login = app.login({ login: 'ada', password: ada.password, address })
    await assert.rejects(login, refusal('auth.invalid-credentials'))
  })
})

describe('refresh tokens', () => {
  test('each is good once and gives the next one of the same session', async () => {
    const { app, tokens } = await registered()
    const second = await app.refresh(tokens.refresh_token)
    const third = await app.refresh(second.refresh_token)
    assert.equal(third.access_token, tokens.access_token, 'user and session stay the same')
    assert.notEqual(third.refresh_token, second.refresh_token)
  })

  test('a spent one ends its session: the young token and the access tokens die with it', async () => {
    const { app, world, tokens } = await registered()
    const second = await app.refresh(tokens.refresh_token)
    await assert.rejects(app.refresh(tokens.refresh_token), refusal('auth.invalid-refresh-token'))
    await assert.rejects(app.refresh(second.refresh_token), refusal('auth.invalid-refresh-token'))
    assert.deepEqual(world.said, ['session.reuse-detected', 'reuse counted'])
    assert.deepEqual([...world.revokedSessions], [...world.sessions.keys()])
  })

  test('an unknown one, and one older than thirty days, are refused without an alarm', async () => {
    const { app, world, tokens } = await registered()
    await assert.rejects(app.refresh('phr_unknown'), refusal('auth.invalid-refresh-token'))
    world.setNow(new Date(NOW.getTime() + 30 * 24 * 60 * MINUTE_MS))
    await assert.rejects(app.refresh(tokens.refresh_token), refusal('auth.invalid-refresh-token'))
    assert.deepEqual(world.said, [])
  })

  test('rotation moves the end of a session on', async () => {
    const { app, world, tokens } = await registered()
    world.setNow(new Date(NOW.getTime() + 29 * 24 * 60 * MINUTE_MS))
    const second = await app.refresh(tokens.refresh_token)
    world.setNow(new Date(NOW.getTime() + 58 * 24 * 60 * MINUTE_MS))
    await app.refresh(second.refresh_token)
  })

  test('the token of a deleted user is refused before the event of it arrives', async () => {
    const { app, world, tokens } = await registered()
    world.revokedUsers.add(1)
    await assert.rejects(app.refresh(tokens.refresh_token), refusal('auth.invalid-refresh-token'))
  })
})

describe('logout', () => {
  test('ends the session and its access tokens, once', async () => {
    const { app, world, tokens } = await registered()
    await app.logout(tokens.refresh_token)
    assert.equal(world.revokedSessions.size, 1)
    await assert.rejects(app.logout(tokens.refresh_token), refusal('auth.invalid-refresh-token'))
    await assert.rejects(app.refresh(tokens.refresh_token), refusal('auth.invalid-refresh-token'))
  })

  test('with a spent token it is a re-use', async () => {
    const { app, world, tokens } = await registered()
    await app.refresh(tokens.refresh_token)
    await assert.rejects(app.logout(tokens.refresh_token), refusal('auth.invalid-refresh-token'))
    assert.ok(world.said.includes('reuse counted'))
  })
})

describe('a new password', () => {
  const change = { userId: 1, oldPassword: ada.password, newPassword: 'battery-staple', address }

  test('ends every session of the account and is the one that opens new ones', async () => {
    const { app, world, tokens } = await registered()
    await app.login({ login: 'ada', password: ada.password, address })
    await app.updatePassword(change)
    assert.equal(world.revokedSessions.size, 2)
    await assert.rejects(app.refresh(tokens.refresh_token), refusal('auth.invalid-refresh-token'))
    await assert.rejects(app.login({ login: 'ada', password: ada.password, address }))
    await app.login({ login: 'ada', password: 'battery-staple', address })
    assert.deepEqual(world.said, ['password.changed'])
  })

  test('needs the old one, and wrong ones lock the account', async () => {
    const { app, world } = await registered()
    const wrong = () => app.updatePassword({ ...change, oldPassword: WRONG })
    for (let count = 0; count < 5; count += 1) await assert.rejects(wrong, refusal('auth.invalid-credentials'))
    await assert.rejects(wrong, refusal('auth.too-many-attempts'))
    assert.deepEqual(world.said, ['user.locked 1'])
  })

  test('of an account that is gone is invalid credentials', async () => {
    const { app } = await registered()
    await assert.rejects(app.updatePassword({ ...change, userId: 7 }), refusal('auth.invalid-credentials'))
  })

  test('revokes only sessions that may still have a living access token', async () => {
    const { app, world } = await registered()
    world.setNow(new Date(NOW.getTime() + 20 * MINUTE_MS))
    await app.updatePassword(change)
    assert.equal(world.revokedSessions.size, 0)
    assert.ok([...world.sessions.values()].every(({ revoked }) => revoked))
  })
})
