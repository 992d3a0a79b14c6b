import { createHash } from 'node:crypto'
import { Redis } from 'ioredis'
import type { RedisOptions } from 'ioredis'
import type { Secret } from '../runtime/config.ts'
import { log } from '../telemetry/log.ts'
import { instrumentRedis } from './instrument.ts'
import { createSubscriptions } from './subscriptions.ts'
import type { Subscriptions } from './subscriptions.ts'

/**
 * The connection of a process to Redis, which may be away at any time: a command then fails at once, and never later
 * than the command timeout, with an AppError `unavailable` (`redis.unavailable`).
 */
export type RedisConnection = AsyncDisposable & {
  /** For plain commands: `redis.client.get(key)`. Keys get the prefix of the address; faults are translated. */
  readonly client: Redis
  /** False while commands would fail without being sent. */
  readonly available: boolean
  /** Resolves at the end of the first attempt to connect, successful or not, after a second at the latest. */
  readonly attempted: Promise<void>
  /** Prefix of keys and channels, for what builds names itself. */
  readonly prefix: string
  /** Resolves when Redis answers. @throws AppError `unavailable` */
  check(): Promise<void>
  /** Runs a Lua script by its hash, sending its text only when Redis does not have it yet. Keys get the prefix. */
  run(script: string, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>
  /** Messages of a channel, over one second connection that all users of this process share. */
  readonly subscribe: Subscriptions['subscribe']
  /** Calls `listener` each time that commands work again after an outage, and once at the start. Returns its removal. */
  onAvailable(listener: () => void): () => void
}

const COMMAND_TIMEOUT_MS = 200
/** Nobody waits for a subscription, and giving one up makes all of them deaf. */
const SUBSCRIBE_TIMEOUT_MS = 2_000
const CONNECT_TIMEOUT_MS = 1_000
const FIRST_CONNECT_MS = 1_000
const MAX_RETRY_MS = 2_000
/** So many timeouts in a row mean a server that hangs; on a fresh connection commands then fail without waiting. */
const HANGING_AFTER = 3

const hashes = new Map<string, string>()

/** The hash by which Redis knows a script. */
const hashOf = (script: string): string => {
  let hash = hashes.get(script)
  if (hash === undefined) hashes.set(script, (hash = createHash('sha1').update(script).digest('hex')))
  return hash
}

const retryDelay = (attempt: number): number =>
  Math.min(50 * 2 ** Math.min(attempt, 8), MAX_RETRY_MS) * (0.5 + Math.random() / 2)

const settings = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  maxRetriesPerRequest: 0,
  commandTimeout: COMMAND_TIMEOUT_MS,
  connectTimeout: CONNECT_TIMEOUT_MS,
  disconnectTimeout: 200,
  retryStrategy: retryDelay,
  keepAlive: 10_000,
  disableClientInfo: true,
  protocol: 2,
} satisfies RedisOptions

/** One line when it goes, one when it is back, however many commands and retries fail in between. */
const reportOutages = (client: Redis): void => {
  let away = false
  let lastError: unknown
  client.on('error', (error) => (lastError = error))
  client.on('close', () => {
    if (away) return
    away = true
    log.warn('redis is away', { 'event.action': 'redis.away' }, lastError)
  })
  client.on('ready', () => {
    if (away) log.info('redis is back', { 'event.action': 'redis.back' })
    away = false
  })
}

const firstConnect = async (client: Redis): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, FIRST_CONNECT_MS)
  client.once('ready', resolve)
  client.once('close', resolve)
  client.connect().catch(() => {})
  await promise
  clearTimeout(timer)
}

/**
 * Connects to `url` (`redis://:password@host:port/db?prefix=staging:`, where `prefix` is for keys and channels). The
 * connection is made in the background and tried again for ever, every two seconds at the latest.
 */
export const connectRedis = ({ url }: { url: Secret }): RedisConnection => {
  const address = new URL(url.reveal())
  const prefix = address.searchParams.get('prefix') ?? ''
  address.search = ''
  const client = new Redis(address.href, { ...settings, keyPrefix: prefix })
  const listeners = new Set<() => void>()

  let timeouts = 0
  instrumentRedis(client, (answered) => {
    timeouts = answered ? 0 : timeouts + 1
    if (timeouts < HANGING_AFTER || client.status !== 'ready') return
    timeouts = 0
    client.disconnect(true)
  })
  reportOutages(client)
  client.on('ready', () => {
    for (const listener of listeners) listener()
  })

  const subscriberSettings = { ...settings, keyPrefix: '', commandTimeout: SUBSCRIBE_TIMEOUT_MS }
  const subscriptions = createSubscriptions(() => new Redis(address.href, subscriberSettings), prefix)

  const run: RedisConnection['run'] = async (script, keys, args) => {
    try {
      return await client.evalsha(hashOf(script), keys.length, ...keys, ...args)
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return client.eval(script, keys.length, ...keys, ...args)
    }
  }

  return {
    client,
    attempted: firstConnect(client),
    prefix,
    get available() {
      return client.status === 'ready'
    },
    check: async () => {
      await client.ping()
    },
    run,
    subscribe: subscriptions.subscribe,
    onAvailable: (listener) => {
      listeners.add(listener)
      if (client.status === 'ready') listener()
      return () => void listeners.delete(listener)
    },
    [Symbol.asyncDispose]: async () => {
      listeners.clear()
      subscriptions.close()
      client.disconnect()
    },
  }
}
