import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { unavailable } from '@pharos/platform/errors'
import { passwordRule } from '../domain/password.ts'
import { ada, fakeWorld, refusal } from './fakes.ts'
import { finishRegistrations } from './finish-registrations.ts'
import { createUseCases } from './use-cases.ts'

const address = '192.0.2.1'
const login = { login: 'ada', password: ada.password, address }

const compose = () => {
  const world = fakeWorld()
  return { world, app: createUseCases(world.ports), sweep: finishRegistrations(world.ports) }
}

describe('a registration', () => {
  test('makes a profile, an account and a session, and leaves no intent', async () => {
    const { world, app } = compose()
    const tokens = await app.register(ada)
    assert.equal(tokens.access_token.split('/')[0], '1')
    assert.deepEqual([world.profiles.size, world.accounts.size, world.sessions.size, world.intents.size], [1, 1, 1, 0])
  })

  test('for somebody else gives the profile with its e-mail address and no session', async () => {
    const { world, app } = compose()
    const profile = await app.createUser(ada)
    assert.equal(profile.email, ada.email)
    assert.equal(world.sessions.size, 0)
    await app.login(login)
  })

  test('of a taken name is refused without asking users, or by users', async () => {
    const { world, app } = compose()
    await app.register(ada)
    world.failing.set('profile', 1)
    await assert.rejects(app.register(ada), refusal('user.username-exists'))
    await assert.rejects(app.register({ ...ada, username: 'eve' }), refusal('user.email-exists'))
    world.accounts.clear()
    world.failing.clear()
    await assert.rejects(app.register(ada), refusal('user.username-exists'))
    assert.equal(world.intents.size, 0)
  })

  test('of the name of somebody deleted a moment ago is up to users', async () => {
    const { world, app } = compose()
    await app.register(ada)
    world.revokedUsers.add(1)
    world.profiles.clear()
    world.profiles.set('somebody-else', { id: 7, username: 'x', created_at: '', updated_at: '' })
    await app.register(ada)
    assert.equal(world.accounts.size, 2)
  })

  test('with one of the most common passwords is refused where the operator wants it', async () => {
    const { world } = compose()
    const app = createUseCases({ ...world.ports, allowPassword: passwordRule({ denyCommon: true }) })
    await assert.rejects(app.register({ ...ada, password: 'Password' }), refusal('validation-failed'))
    await app.register(ada)
  })
})

describe('a registration that dies', () => {
  test('before the intent leaves nothing', async () => {
    const { world, app } = compose()
    world.failing.set('open', 1)
    await assert.rejects(app.register(ada), refusal('open.unavailable'))
    assert.deepEqual([world.profiles.size, world.accounts.size, world.intents.size], [0, 0, 0])
  })

  for (const { where, step } of [
    { where: 'between the intent and the profile', step: 'profile' },
    { where: 'between the profile and its answer', step: 'profile answer' },
    { where: 'between the profile and the credentials', step: 'complete' },
  ]) {
    test(`${where} is finished by the sweep, and the person can log in`, async () => {
      const { world, app, sweep } = compose()
      world.failing.set(step, 1)
      await assert.rejects(app.register(ada), refusal(`${step}.unavailable`))
      assert.deepEqual([world.accounts.size, world.intents.size], [0, 1])
      assert.equal(await sweep(), 1)
      assert.deepEqual([world.profiles.size, world.accounts.size, world.intents.size], [1, 1, 0])
      await app.login(login)
      assert.deepEqual(world.said, ['registration completed'])
    })
  }

  test('between a refusal of users and its removal is refused again by the sweep', async () => {
    const { world, app, sweep } = compose()
    await app.register(ada)
    world.accounts.clear()
    world.failing.set('drop', 1)
    await assert.rejects(app.register(ada), refusal('drop.unavailable'))
    await sweep()
    assert.deepEqual([world.accounts.size, world.intents.size], [0, 0])
    assert.deepEqual(world.said, ['registration refused'])
  })

  test('stays while users is away', async () => {
    const { world, app, sweep } = compose()
    world.failing.set('profile', 3)
    await assert.rejects(app.register(ada))
    await sweep()
    await sweep()
    assert.equal(world.intents.size, 1)
    await sweep()
    assert.equal(world.accounts.size, 1)
    assert.deepEqual(world.said, ['registration postponed', 'registration postponed', 'registration completed'])
  })

  test('and is tried again before the sweep: the second meets a conflict that lets the person log in at once', async () => {
    const { world, app } = compose()
    world.failing.set('profile answer', 1)
    await assert.rejects(app.register(ada))
    await assert.rejects(app.register(ada), refusal('user.username-exists'))
    assert.deepEqual([world.accounts.size, world.intents.size], [1, 0])
    await app.login(login)
  })

  test('and is tried again before users has heard of it: the second succeeds, the first is dropped', async () => {
    const { world, app, sweep } = compose()
    world.failing.set('profile', 1)
    await assert.rejects(app.register(ada))
    await app.register(ada)
    await sweep()
    assert.deepEqual([world.profiles.size, world.accounts.size, world.intents.size], [1, 1, 0])
  })

  test('while the sweep finishes it still gives its session', async () => {
    const { world, sweep } = compose()
    const { registrations } = world.ports
    const slow = {
      ...registrations,
      complete: async (...args: Parameters<typeof registrations.complete>) => {
        if (args[2]) await sweep()
        return registrations.complete(...args)
      },
    }
    await createUseCases({ ...world.ports, registrations: slow }).register(ada)
    assert.deepEqual([world.accounts.size, world.sessions.size, world.intents.size], [1, 1, 0])
  })

  test('on a fault that nobody foresaw stays for the sweep', async () => {
    const { world } = compose()
    const profiles = { create: () => Promise.reject(new TypeError('not foreseen')) }
    await assert.rejects(createUseCases({ ...world.ports, profiles }).register(ada), TypeError)
    assert.equal(world.intents.size, 1)
    const away = { create: () => Promise.reject(unavailable('users.unavailable')) }
    await finishRegistrations({ ...world.ports, profiles: away })()
    assert.equal(world.intents.size, 1)
  })
})
