import { z } from 'zod'
import { operation } from './define.ts'
import { notificationView } from './notifications.ts'

/** The id of the last notification that a client has seen. */
export const lastEventId = z
  .string()
  .refine((value) => /^\d{1,16}$/.test(value) && Number.isSafeInteger(Number(value)), {
    message: 'must be the id of a notification',
  })
  .transform(Number)
  .meta({ type: 'integer', minimum: 0 })

/** A message of the WebSocket; `correlation_id` is that of the request that has caused it, where it is known. */
export const liveNotification = notificationView
  .extend({ correlation_id: z.string().optional() })
  .meta({ id: 'LiveNotification' })

const common = { service: 'notifications', tag: 'notifications', methods: ['get'], limit: 'read' } as const

/** What the gateway answers itself: it holds the connections, so that any replica serves any user. */
export const liveApi = {
  streamNotifications: operation({
    ...common,
    id: 'streamNotifications',
    paths: ['/notification/stream', '/notifications/stream'],
    summary: 'Receive the own notifications as they come, as Server-Sent Events',
    auth: 'user',
    headers: z.object({ 'Last-Event-ID': lastEventId.optional() }),
    success: { status: 200, data: notificationView, stream: true },
    refusals: [{ status: 400, message: 'validation failed' }],
  }),
  connectNotifications: operation({
    ...common,
    id: 'connectNotifications',
    paths: ['/notification/ws', '/notifications/ws', '/ws'],
    summary:
      'Receive the own notifications as they come, over a WebSocket; the access token is offered as a subprotocol, and one that is refused closes with 4401',
    // Not in `Authorization`, which browsers cannot set here, so nothing is refused before the handshake.
    auth: 'none',
    headers: z.object({ 'Sec-WebSocket-Protocol': z.string().meta({ examples: ['bearer, <jwt>'] }) }),
    query: z.object({ last_event_id: lastEventId.optional() }),
    success: { status: 101, data: liveNotification },
    refusals: [{ status: 426, message: 'upgrade required' }],
  }),
}
