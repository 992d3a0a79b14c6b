import { notificationsInternalApi } from '@pharos/platform/contracts/internal/notifications'
import { isAppError, unavailable } from '@pharos/platform/errors'
import type { ServiceClient } from '@pharos/platform/http/client'
import type { LiveItem } from './transport.ts'

/** So many notifications at once: of the largest payload, about what a slow client may have unsent. */
export const PAGE_SIZE = 32
const AT_ONCE = 20

/**
 * What a user has been notified of, as the notifications service knows it.
 * @throws AppError `unavailable`, or `unauthenticated` when the token is refused there
 */
export interface Missed {
  /** The id of the last notification, 0 when there is none. */
  latest(token: string): Promise<number>
  /** The next ones after an id, oldest first; fewer than a page when there are no more. */
  after(id: number, token: string): Promise<readonly LiveItem[]>
}

/** Lets so many run at once, the others in the order in which they came. */
const atMost = (limit: number) => {
  const queue: (() => void)[] = []
  let running = 0
  return async <T>(fn: () => Promise<T>): Promise<T> => {
    if (running < limit) running += 1
    else await new Promise<void>((resolve) => queue.push(resolve))
    try {
      return await fn()
    } finally {
      const next = queue.shift()
      if (next) next()
      else running -= 1
    }
  }
}

const translated = (error: unknown): unknown =>
  isAppError(error) && error.kind === 'unauthenticated' ? error : unavailable('notifications.unavailable', error)

/** Asks the notifications service with the user's own token, at most 20 times at once for all connections together. */
export const createMissed = (client: ServiceClient): Missed => {
  const inTurn = atMost(AT_ONCE)
  const list = (bearer: string, query: { after?: number; limit: number }) =>
    inTurn(() => client.call(notificationsInternalApi.listNewNotifications, { bearer, query })).catch(
      (error: unknown) => {
        throw translated(error)
      },
    )
  return {
    latest: async (token) => (await list(token, { limit: 1 })).last_id,
    after: async (id, token) => {
      const { notifications } = await list(token, { after: id, limit: PAGE_SIZE })
      return notifications.map((notification) => ({ id: notification.id, json: JSON.stringify(notification) }))
    },
  }
}
