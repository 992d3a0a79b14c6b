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
  /** Joins a channel (the prefix of the address is added). Returns its end. */
  subscribe(channel: string, subscriber: Subscriber): () => void
  close(): void
}

const RETRY_MS = 500

/**
 * The subscriptions of a process over one connection, opened with the first of them. Redis keeps no message for
 * who is not there, so each subscriber is told when it was deaf.
 */
export const createSubscriptions = (connect: () => Redis, prefix: string): Subscriptions => {
  const channels = new Map<string, Set<Subscriber>>()
  let connection: Redis | undefined
  let live = false
  let closed = false

  const all = (): Subscriber[] => [...channels.values()].flatMap((subscribers) => [...subscribers])

  const resubscribe = async (client: Redis): Promise<void> => {
    if (closed || client.status !== 'ready') return
    try {
      await client.subscribe(...channels.keys())
      live = true
      for (const subscriber of all()) subscriber.onLive()
    } catch (error) {
      log.debug('subscribing failed, trying again', { 'error.message': String(error) })
      setTimeout(() => void resubscribe(client), RETRY_MS).unref()
    }
  }

  const open = (): Redis => {
    const client = connect()
    client.on('error', () => {})
    client.on('ready', () => void resubscribe(client))
    client.on('close', () => {
      if (!live) return
      live = false
      for (const subscriber of all()) subscriber.onLost()
    })
    client.on('message', (channel: string, message: string) => {
      for (const subscriber of channels.get(channel) ?? []) subscriber.onMessage(message)
    })
    client.connect().catch(() => {})
    return client
  }

  const join = async (client: Redis, channel: string, subscriber: Subscriber): Promise<void> => {
    try {
      await client.subscribe(channel)
      subscriber.onLive()
    } catch {
      client.disconnect(true)
    }
  }

  return {
    subscribe: (name, subscriber) => {
      const channel = prefix + name
      const subscribers = channels.get(channel) ?? new Set()
      channels.set(channel, subscribers.add(subscriber))
      if (!connection) connection = open()
      else if (live) void join(connection, channel, subscriber)
      return () => void subscribers.delete(subscriber)
    },
    close: () => {
      closed = true
      connection?.disconnect()
    },
  }
}
