import { log } from '../telemetry/log.ts'
import type { RedisConnection } from './connect.ts'

/**
 * Sessions and users whose access tokens are void although they have not expired. Every process holds all of them in
 * memory, so that asking costs two look-ups and no request waits for Redis.
 */
export interface Revocations {
  /** Voids the access tokens of one session, here at once and in every process. `sessionId` is the token's `sid`. */
  revokeSession(sessionId: string): Promise<void>
  /** Voids every access token of a user that exists now: for accounts that are deleted or banned. */
  revokeUser(userId: number): Promise<void>
  isRevoked(identity: { readonly sessionId: string; readonly userId: number }): boolean
}

/** An entry outlives every token that was issued before it: 15 minutes, the leeway, and clocks that differ. */
const LIFETIME_MS = 16 * 60 * 1_000
const SWEEP_MS = 30_000
const KEY = 'revocations'
const CHANNEL = 'revocations'

/** Stores and announces in one step, so that nobody can read the set in between and miss both. */
const REVOKE = `
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[4])
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('PEXPIREAT', KEYS[1], ARGV[5])
redis.call('PUBLISH', ARGV[3], ARGV[1] .. ' ' .. ARGV[2])
return 1
`

/** What kind of subject an entry is about stands in front of it. */
const SESSION = 's:'
const USER = 'u:'
const KIND_LENGTH = 2

const isLive = (expiresAt: number | undefined, time: number): boolean => expiresAt !== undefined && expiresAt > time

/**
 * Shares revocations over Redis: a message to every process, and a sorted set (by expiry) that a process reads when it
 * starts and after each time in which it was deaf. While Redis is away this process still knows its own, and tells them
 * when it is back. Revoking never fails and waits no longer than a command may take.
 * `caughtUp` resolves when the set was read for the first time, or when Redis was found away.
 */
export const createRevocations = ({
  redis,
  now = Date.now,
}: {
  redis: RedisConnection
  now?: () => number
}): Revocations & AsyncDisposable & { readonly caughtUp: Promise<void> } => {
  const sessions = new Map<string, number>()
  const users = new Map<number, number>()
  const untold = new Map<string, number>()
  const caughtUp = Promise.withResolvers<void>()

  const remember = (entry: string, expiresAt: number): void => {
    if (expiresAt <= now()) return
    const subject = entry.slice(KIND_LENGTH)
    if (entry.startsWith(SESSION)) sessions.set(subject, expiresAt)
    else users.set(Number(subject), expiresAt)
  }

  const tell = async (entry: string, expiresAt: number): Promise<void> => {
    try {
      await redis.run(REVOKE, [KEY], [entry, expiresAt, redis.prefix + CHANNEL, now(), expiresAt + LIFETIME_MS])
      untold.delete(entry)
    } catch (error) {
      untold.set(entry, expiresAt)
      log.debug('a revocation waits for Redis', { 'error.message': String(error) })
    }
  }

  const revoke = (entry: string): Promise<void> => {
    const expiresAt = now() + LIFETIME_MS
    remember(entry, expiresAt)
    return tell(entry, expiresAt)
  }

  const catchUp = async (): Promise<void> => {
    // The subscription may be there before the connection for commands is, which then calls this again.
    if (!redis.available) return
    try {
      const flat = await redis.client.zrangebyscore(KEY, now(), '+inf', 'WITHSCORES')
      for (let i = 0; i < flat.length; i += 2) remember(flat[i] as string, Number(flat[i + 1]))
    } catch (error) {
      log.warn('revocations could not be read', { 'event.action': 'revocations.catch-up-failed' }, error)
    } finally {
      caughtUp.resolve()
    }
  }

  const tellUntold = async (): Promise<void> => {
    for (const [entry, expiresAt] of untold) {
      if (expiresAt > now()) await tell(entry, expiresAt)
      else untold.delete(entry)
    }
  }

  // Reading comes after subscribing: what is revoked in between is then seen twice instead of never.
  const unsubscribe = redis.subscribe(CHANNEL, {
    onMessage: (message) => {
      const end = message.lastIndexOf(' ')
      remember(message.slice(0, end), Number(message.slice(end + 1)))
    },
    onLive: () => void catchUp(),
    onLost: () => {},
  })
  const unlisten = redis.onAvailable(() => {
    void tellUntold()
    void catchUp()
  })
  void redis.attempted.then(() => redis.available || caughtUp.resolve())

  const sweep = setInterval(() => {
    const time = now()
    for (const [id, expiresAt] of sessions) if (expiresAt <= time) sessions.delete(id)
    for (const [id, expiresAt] of users) if (expiresAt <= time) users.delete(id)
  }, SWEEP_MS)
  sweep.unref()

  return {
    caughtUp: caughtUp.promise,
    revokeSession: (sessionId) => revoke(SESSION + sessionId),
    revokeUser: (userId) => revoke(USER + userId),
    isRevoked: ({ sessionId, userId }) => {
      if (sessions.size + users.size === 0) return false
      const time = now()
      return isLive(sessions.get(sessionId), time) || isLive(users.get(userId), time)
    },
    [Symbol.asyncDispose]: async () => {
      clearInterval(sweep)
      unsubscribe()
      unlisten()
    },
  }
}
