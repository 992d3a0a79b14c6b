import type { Redis } from 'ioredis'
import { log } from '../telemetry/log.ts'

/** What a subscriber hears. `onLost` and `onLive` bracket the times in which messages may have been missed. */
export type Subscriber = {
  onMessage(message: string): void
  /** The subscription works, for the first time or again: read now what was missed. */
  onLive(): void
  /** Messages are being missed from now on. */
  onLost(): void
}

export type Subscriptions = {
  /** Joins a channel (the prefix of the address is added). Returns its end. Nothing is called before it returns. */
  subscribe(channel: string, subscriber: Subscriber): () => void
  close(): void
}

/** In one command: its answers must arrive within the command timeout, and Redis serves others in between. */
const BATCH = 500
/** A connection that is cut without a word would be deaf for as long as TCP keeps hoping. */
const PING_MS = 5_000
const RETRY_MS = 500

const take = (names: Set<string>): string[] => {
  const batch = [...names.values().take(BATCH)]
  for (const name of batch) names.delete(name)
  return batch
}

/**
 * The subscriptions of a process over one connection, opened with the first of them. Redis keeps no message for
 * who is not there, so each subscriber is told when it was deaf. What is joined and left meanwhile goes out in batches, one
 * command at a time: so the last word about a channel is also the last that Redis hears.
 */
export const createSubscriptions = (connect: () => Redis, prefix: string): Subscriptions => {
  const channels = new Map<string, Set<Subscriber>>()
  /** What Redis has confirmed on this connection; a channel that is being left is not in it. */
  const held = new Set<string>()
  const toJoin = new Set<string>()
  const toLeave = new Set<string>()
  let client: Redis | undefined
  /** Grows with each loss of the connection, so that an answer of before is known for what it is. */
  let generation = 0
  let working = false

  const tellLive = (channel: string): void => {
    for (const subscriber of channels.get(channel) ?? []) subscriber.onLive()
  }

  const joined = (batch: readonly string[]): void => {
    for (const channel of batch) {
      held.add(channel)
      toJoin.delete(channel)
      if (!channels.has(channel)) toLeave.add(channel)
    }
    for (const channel of batch) tellLive(channel)
  }

  const step = async (redis: Redis): Promise<void> => {
    const current = generation
    const joining = take(toJoin)
    if (joining.length > 0) {
      await redis.subscribe(...joining)
      if (current === generation) joined(joining)
      return
    }
    const leaving = take(toLeave)
    for (const channel of leaving) held.delete(channel)
    await redis.unsubscribe(...leaving)
  }

  /** A connection on which joining failed is made anew, and everything on it joined again. */
  const giveUp = (redis: Redis, failed: number, error: unknown): void => {
    log.debug('subscribing failed, trying again', { 'error.message': String(error) })
    const renew = (): void => {
      if (failed === generation && redis.status === 'ready') redis.disconnect(true)
    }
    setTimeout(renew, RETRY_MS).unref()
  }

  const wake = async (): Promise<void> => {
    if (working || !client) return
    const redis = client
    working = true
    let current = generation
    try {
      while (redis.status === 'ready' && toJoin.size + toLeave.size > 0) {
        current = generation
        await step(redis)
      }
    } catch (error) {
      giveUp(redis, current, error)
    }
    working = false
    // A command of a lost connection may have failed only after the next one was ready.
    if (current !== generation && redis.status === 'ready') await wake()
  }

  const lost = (): void => {
    generation += 1
    const deaf = [...held]
    held.clear()
    toLeave.clear()
    for (const channel of channels.keys()) toJoin.add(channel)
    for (const channel of deaf) for (const subscriber of channels.get(channel) ?? []) subscriber.onLost()
  }

  const ping = (redis: Redis): void => {
    const current = generation
    if (redis.status !== 'ready') return
    redis.ping().catch(() => {
      if (current === generation) redis.disconnect(true)
    })
  }

  const open = (): (() => void) => {
    const redis = connect()
    client = redis
    redis.on('error', () => {})
    redis.on('ready', () => void wake())
    redis.on('close', lost)
    redis.on('message', (channel: string, message: string) => {
      for (const subscriber of channels.get(channel) ?? []) subscriber.onMessage(message)
    })
    redis.connect().catch(() => {})
    const pings = setInterval(() => ping(redis), PING_MS).unref()
    return () => {
      clearInterval(pings)
      redis.disconnect()
    }
  }
  let close: (() => void) | undefined

  const leave = (channel: string, subscriber: Subscriber): void => {
    const subscribers = channels.get(channel)
    if (!subscribers?.delete(subscriber) || subscribers.size > 0) return
    channels.delete(channel)
    toJoin.delete(channel)
    if (held.has(channel)) toLeave.add(channel)
    void wake()
  }

  return {
    subscribe: (name, subscriber) => {
      const channel = prefix + name
      const subscribers = channels.get(channel) ?? new Set()
      channels.set(channel, subscribers.add(subscriber))
      toLeave.delete(channel)
      if (!held.has(channel)) toJoin.add(channel)
      else queueMicrotask(() => held.has(channel) && subscribers.has(subscriber) && subscriber.onLive())
      close ??= open()
      // Not at once: what is joined in one go becomes one command.
      queueMicrotask(() => void wake())
      return () => leave(channel, subscriber)
    },
    close: () => close?.(),
  }
}
