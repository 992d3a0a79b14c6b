import { liveChannel } from '@pharos/platform/contracts/live'
import { notificationsInternalApi } from '@pharos/platform/contracts/internal/notifications'
import type { NotificationView } from '@pharos/platform/contracts/http/notifications'
import { createApp } from '@pharos/platform/http/app'
import { listen } from '@pharos/platform/http/listen'
import { bind } from '@pharos/platform/http/router'
import type { KeySource } from '@pharos/platform/http/auth'
import { unavailable } from '@pharos/platform/errors'
import { unauthenticated } from '@pharos/platform/http/faults'
import type { RedisConnection } from '@pharos/platform/redis/connect'
import { eventually } from '@pharos/platform/testing/eventually'
import { authenticatorFor } from '../../../platform/test/http/issuer.ts'

type Cause = { readonly correlationId?: string; readonly traceparent?: string; readonly previousId?: number }

/** In place of the notifications service: its internal listing by the contract, over what a test puts into memory. */
export const startNotifications = async (keys: KeySource, redis: RedisConnection) => {
  const inboxes = new Map<number, NotificationView[]>()
  let lastId = 0
  let calls = 0
  let isAway = false
  let isRefused = (_userId: number): boolean => false
  /** What a test does before an answer is made. */
  let before: () => Promise<void> = async () => {}

  const routes = bind(notificationsInternalApi, {
    listNewNotifications: async ({ query: { after, limit }, user }) => {
      calls += 1
      if (isAway) throw unavailable('test.away')
      if (isRefused(user.userId)) throw unauthenticated()
      await before()
      const inbox = inboxes.get(user.userId) ?? []
      const newer = after === undefined ? [] : inbox.filter(({ id }) => id > after)
      return { notifications: newer.slice(0, limit), last_id: inbox.at(-1)?.id ?? 0 }
    },
  })
  const server = await listen(createApp({ routes, authenticator: authenticatorFor(keys) }), {
    host: '127.0.0.1',
    port: 0,
  })

  /** One more notification, of which nobody is told. */
  const store = (userId: number, payload: unknown = {}): NotificationView => {
    lastId += 1
    const view = {
      id: lastId,
      user_id: userId,
      type: 'test',
      is_read: false,
      created_at: '2026-01-01T12:00:00Z',
      payload,
    }
    inboxes.set(userId, [...(inboxes.get(userId) ?? []), view])
    return view
  }
  const announce = async (
    view: NotificationView,
    { correlationId, traceparent, previousId }: Cause = {},
  ): Promise<void> => {
    const message = {
      id: view.id,
      notification: JSON.stringify(view),
      correlation_id: correlationId,
      traceparent,
      previous_id: previousId,
    }
    // Where the machine is busy a command may take longer than it may.
    await eventually(() => redis.client.publish(redis.prefix + liveChannel(view.user_id), JSON.stringify(message)))
  }

  return {
    url: server.url,
    store,
    announce,
    notify: async (userId: number, payload?: unknown, cause?: Cause): Promise<NotificationView> => {
      const view = store(userId, payload)
      await announce(view, cause)
      return view
    },
    calls: () => calls,
    /** Whose token is not good enough here. */
    refuse: (users: (userId: number) => boolean) => void (isRefused = users),
    setAway: (away: boolean) => void (isAway = away),
    beforeAnswer: (fn: () => Promise<void>) => void (before = fn),
    [Symbol.asyncDispose]: async () => {
      const closed = server[Symbol.asyncDispose]()
      server.server.closeAllConnections()
      await closed
    },
  }
}
