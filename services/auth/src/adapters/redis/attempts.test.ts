import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AppError, unavailable } from '@pharos/platform/errors'
import { Secret } from '@pharos/platform/runtime/config'
import { invalidCredentials } from '../../domain/faults.ts'
import { createMemoryCounting } from '../memory/counting.ts'
import type { Counting } from '../memory/counting.ts'
import { countedAddress, createAttempts } from './attempts.ts'
import { withFallback } from './redis-counting.ts'

const MINUTE = 60_000
const address = '192.0.2.1'

const compose = (perAddress: number | 'none' = 30, over: (memory: Counting) => Counting = (memory) => memory) => {
  let now = new Date('2026-03-01T12:00:00Z')
  const clock = { now: () => now }
  const keys: string[] = []
  const inner = over(createMemoryCounting(clock))
  const counting: Counting = {
    ...inner,
    add: (key, ...rest) => {
      keys.push(key)
      return inner.add(key, ...rest)
    },
  }
  const limits = { perAccount: 5, perAddress: perAddress === 'none' ? undefined : perAddress, windowMs: 15 * MINUTE }
  const attempts = createAttempts({ counting, limits, secret: new Secret('secret'), clock })
  return { attempts, keys, pass: (ms: number) => (now = new Date(now.getTime() + ms)) }
}

const refusalOf =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof AppError && error.code === code

const retryAfter =
  (seconds: number) =>
  (error: unknown): boolean =>
    error instanceof AppError && error.code === 'auth.too-many-attempts' && error.retryAfterSeconds === seconds

const right = async (): Promise<void> => {}
const wrong = async (): Promise<never> => {
  throw invalidCredentials()
}
const failed = refusalOf('auth.invalid-credentials')

describe('attempts', () => {
  test('the fifth failure locks the account for a quarter of an hour from then on', async () => {
    const { attempts, pass } = compose()
    const seen: (Date | undefined)[] = []
    const fail = (locksUntil: Date | undefined): Promise<never> => {
      seen.push(locksUntil)
      return wrong()
    }
    for (let count = 1; count <= 5; count += 1) {
      await assert.rejects(attempts.make({ account: 1, address }, fail), failed)
      pass(MINUTE)
    }
    const until = new Date('2026-03-01T12:19:00Z')
    assert.deepEqual(seen, [undefined, undefined, undefined, undefined, until])
    await assert.rejects(attempts.make({ account: 1, address }, right), retryAfter(14 * 60))
    await attempts.make({ account: 2, address }, right)
    pass(14 * MINUTE)
    await attempts.make({ account: 1, address }, right)
  })

  test('failures are forgotten a quarter of an hour after the first, and at once by a success', async () => {
    const { attempts, pass } = compose()
    const failFourTimes = async (): Promise<void> => {
      for (let count = 0; count < 4; count += 1)
        await assert.rejects(attempts.make({ account: 1, address }, wrong), failed)
    }
    await failFourTimes()
    pass(15 * MINUTE)
    await failFourTimes()
    await attempts.make({ account: 1, address }, right)
    await failFourTimes()
  })

  test('parallel wrong ones cannot outrun the limit', async () => {
    const { attempts } = compose()
    let made = 0
    const slowlyWrong = async (): Promise<never> => {
      made += 1
      await new Promise((resolve) => setImmediate(resolve))
      return wrong()
    }
    const all = Array.from({ length: 20 }, () => attempts.make({ account: 1, address }, slowlyWrong))
    const refused = (await Promise.allSettled(all)).filter(
      (result) => result.status === 'rejected' && retryAfter(15 * 60)(result.reason),
    )
    assert.deepEqual([made, refused.length], [5, 15])
  })

  test('parallel right ones are no lock, also after four failures', async () => {
    const { attempts } = compose()
    for (let count = 0; count < 4; count += 1)
      await assert.rejects(attempts.make({ account: 1, address }, wrong), failed)
    const slowlyRight = () => new Promise<void>((resolve) => setImmediate(resolve))
    await Promise.all(Array.from({ length: 40 }, () => attempts.make({ account: 1, address }, slowlyRight)))
  })

  test('what was neither right nor wrong counts as nothing', async () => {
    const { attempts } = compose(3)
    const overloaded = () => Promise.reject(unavailable('auth.overloaded'))
    for (let count = 0; count < 10; count += 1) {
      await assert.rejects(attempts.make({ account: 1, address }, overloaded), refusalOf('auth.overloaded'))
    }
    await attempts.make({ account: 1, address }, right)
  })

  test('an address may fail at many accounts only so often; successes do not count', async () => {
    const { attempts } = compose(3)
    for (let account = 1; account <= 10; account += 1) await attempts.make({ account, address }, right)
    for (let account = 1; account <= 3; account += 1) {
      await assert.rejects(attempts.make({ account, address }, wrong), failed)
    }
    await assert.rejects(attempts.make({ account: 4, address }, right), retryAfter(15 * 60))
    await attempts.make({ account: 4, address: '192.0.2.2' }, right)
  })

  test('refusing an address does not count against the account', async () => {
    const { attempts } = compose(1)
    await assert.rejects(attempts.make({ account: 9, address }, wrong), failed)
    for (let count = 0; count < 10; count += 1) {
      await assert.rejects(attempts.make({ account: 1, address }, wrong), retryAfter(15 * 60))
    }
    await attempts.make({ account: 1, address: '192.0.2.2' }, right)
  })

  test('without a limit addresses are not counted, and an unknown login is counted by its hash', async () => {
    const { attempts, keys } = compose('none')
    for (let account = 0; account < 100; account += 1) {
      await assert.rejects(attempts.make({ account, address }, wrong), failed)
    }
    await assert.rejects(attempts.make({ account: 'ada@example.org', address }, wrong), failed)
    assert.ok(keys.every((key) => !key.includes('address') && !key.includes('ada')))
  })

  test('of IPv6 the network is counted, and IPv4 in its clothes is IPv4', () => {
    assert.equal(countedAddress('2001:db8:1:2:3:4:5:6'), countedAddress('2001:db8:1:2:ffff::1'))
    assert.notEqual(countedAddress('2001:db8:1:2::1'), countedAddress('2001:db8:1:3::1'))
    assert.equal(countedAddress('2001:db8::1'), '2001:db8:0:0::/64')
    assert.equal(countedAddress('::1'), '0:0:0:0::/64')
    assert.equal(countedAddress('::ffff:192.0.2.1'), '192.0.2.1')
  })

  test('while the shared counter is away each process counts for itself', async () => {
    const away = () => Promise.reject(unavailable('redis.unavailable'))
    const { attempts } = compose(30, (memory) => withFallback({ add: away, subtract: away, forget: away }, memory))
    for (let count = 0; count < 4; count += 1)
      await assert.rejects(attempts.make({ account: 1, address }, wrong), failed)
    await attempts.make({ account: 1, address }, right)
    for (let count = 0; count < 5; count += 1)
      await assert.rejects(attempts.make({ account: 1, address }, wrong), failed)
    await assert.rejects(attempts.make({ account: 1, address }, right), retryAfter(15 * 60))
  })
})
