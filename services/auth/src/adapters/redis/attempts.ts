import { createHmac } from 'node:crypto'
import { isAppError } from '@pharos/platform/errors'
import type { Clock } from '@pharos/platform/runtime/clock'
import type { Secret } from '@pharos/platform/runtime/config'
import type { Attempts } from '../../application/ports.ts'
import { tooManyAttempts } from '../../domain/faults.ts'
import type { AttemptLimits } from '../../domain/lock-out.ts'
import type { Counted, Counting } from '../memory/counting.ts'
import { createTurns } from '../memory/turns.ts'

type Options = {
  readonly counting: Counting
  readonly limits: AttemptLimits
  /** Keys the hash of logins that belong to nobody: they may be e-mail addresses, and Redis gets to see none. */
  readonly secret: Secret
  readonly clock: Clock
}

const IPV6_NETWORK_GROUPS = 4

/** An address as it is counted: of IPv6 the network (/64), because a single host has all of its addresses. */
export const countedAddress = (address: string): string => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined || !address.includes(':')) return mapped ?? address
  const [head = '', tail] = address.split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length)
  const groups = [...front, ...Array.from({ length: zeros }, () => '0'), ...back]
  return `${groups.slice(0, IPV6_NETWORK_GROUPS).join(':')}::/64`
}

const NOT_COUNTED: Counted = { refusedForMs: 0, count: 0 }

const FAILURES = new Set(['unauthenticated', 'not-found'])
const isFailure = (error: unknown): boolean => isAppError(error) && FAILURES.has(error.kind)

/**
 * Failed attempts per account and per address, over all instances while their counter is there. Attempts that are
 * under way count as failed, so parallel ones can't outrun the limit; one that only they leave no room for waits for
 * one of them to end, so many right passwords at once are no lock.
 */
export const createAttempts = ({ counting, limits, secret, clock }: Options): Attempts => {
  const { perAccount, perAddress, windowMs } = limits
  const turns = createTurns()

  const accountKey = (account: number | string): string =>
    typeof account === 'number'
      ? `auth:failures:user:${account}`
      : `auth:failures:login:${createHmac('sha256', secret.reveal()).update(account).digest('base64url')}`

  const subtractAddress = async (key: string): Promise<void> => {
    if (perAddress !== undefined) await counting.subtract(key)
  }

  /** Counts an attempt that is now under way; gives how many the account has with it. */
  const begin = async (account: string, address: string): Promise<number> => {
    for (;;) {
      turns.enter(account)
      turns.enter(address)
      const [ofAccount, ofAddress] = await Promise.all([
        counting.add(account, perAccount, windowMs),
        perAddress === undefined ? NOT_COUNTED : counting.add(address, perAddress, windowMs),
      ])
      const refusedForMs = Math.max(ofAccount.refusedForMs, ofAddress.refusedForMs)
      if (refusedForMs === 0) return ofAccount.count
      // An attempt that is not made is no failure.
      if (ofAccount.refusedForMs === 0) await counting.subtract(account)
      if (ofAddress.refusedForMs === 0) await subtractAddress(address)
      turns.giveUp(account)
      turns.giveUp(address)
      const full = ofAccount.refusedForMs > 0 ? account : address
      if (!turns.isBusy(full)) throw tooManyAttempts(Math.ceil(refusedForMs / 1_000))
      await turns.wait(full)
    }
  }

  return {
    async make(who, attempt) {
      const [account, address] = [accountKey(who.account), `auth:failures:address:${countedAddress(who.address)}`]
      const count = await begin(account, address)
      const locksUntil = count === perAccount ? new Date(clock.now().getTime() + windowMs) : undefined
      try {
        const result = await attempt(locksUntil)
        await Promise.all([counting.forget(account), subtractAddress(address)])
        return result
      } catch (error) {
        if (!isFailure(error)) await Promise.all([counting.subtract(account), subtractAddress(address)])
        throw error
      } finally {
        turns.leave(account)
        turns.leave(address)
      }
    },
  }
}
