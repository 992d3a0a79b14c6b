import { z } from 'zod'
import { operation } from './define.ts'
import { bodyId, pathId, queryInteger, text, timestamp } from './fields.ts'

const MAX_PAYLOAD_BYTES = 16_384

export const notificationView = z
  .object({
    id: z.int(),
    user_id: z.int(),
    type: z.string(),
    is_read: z.boolean(),
    created_at: timestamp,
    payload: z.unknown().optional(),
  })
  .meta({ id: 'Notification' })
export type NotificationView = z.output<typeof notificationView>

const feedPage = z
  .object({
    notifications: z.array(notificationView),
    total: z.int(),
    page: z.int(),
    limit: z.int(),
    total_pages: z.int(),
  })
  .meta({ id: 'NotificationPage' })
export type FeedPageView = z.output<typeof feedPage>

/** Deeper than anybody means, and far from what stack it takes to write such a value down again. */
const MAX_PAYLOAD_DEPTH = 500
/** U+0000 as JSON text has it; an even number of backslashes before the `u` is a text that speaks of it. */
const NUL = /(?<!\\)(?:\\\\)*\\u0000/

const isDeeperThan = (levels: number, value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((item) => isDeeperThan(levels - 1, item)))

const faultOfPayload = (value: unknown): string | undefined => {
  if (value === undefined) return 'is required'
  if (isDeeperThan(MAX_PAYLOAD_DEPTH, value)) return `must be nested at most ${MAX_PAYLOAD_DEPTH} deep`
  const json = JSON.stringify(value)
  if (Buffer.byteLength(json) > MAX_PAYLOAD_BYTES) return `must have at most ${MAX_PAYLOAD_BYTES} bytes`
  return NUL.test(json) ? 'must not contain control character U+0000' : undefined
}

/** Any JSON but nothing at all, and without U+0000, which no store takes. */
const payload = z.unknown().superRefine((value, context) => {
  const message = faultOfPayload(value)
  if (message !== undefined) context.addIssue({ code: 'custom', message })
})

/** What a change answers stands inside `data`, its message too. */
const done = z.object({ success: z.boolean(), message: z.string() })

const tag = 'notifications'
const service = 'notifications'
const notFound = { status: 404, message: 'notification not found' } as const
const denied = { status: 403, message: 'access to notification denied' } as const
const paths = <const P extends string>(path: P) => [`/notification${path}`, `/notifications${path}`] as const
const params = z.object({ id: pathId })

export const notificationsApi = {
  readFeed: operation({
    id: 'readFeed',
    service,
    tag,
    methods: ['get'],
    paths: paths('/feed'),
    summary: 'List the own notifications, newest first',
    auth: 'user',
    limit: 'read',
    query: z.object({
      page: queryInteger(1, Number.MAX_SAFE_INTEGER).default(1),
      limit: queryInteger(1, 100).default(10),
    }),
    success: { status: 200, data: feedPage },
    refusals: [{ status: 400, message: 'invalid input' }],
    invalid: { code: 'invalid-input', message: 'invalid input' },
    compress: true,
  }),
  countUnread: operation({
    id: 'countUnread',
    service,
    tag,
    methods: ['get'],
    paths: paths('/unread-count'),
    summary: 'Count the own notifications that are not read',
    auth: 'user',
    limit: 'read',
    success: { status: 200, data: z.object({ count: z.int() }) },
    refusals: [],
  }),
  markAllRead: operation({
    id: 'markAllRead',
    service,
    tag,
    methods: ['put'],
    paths: paths('/read-all'),
    summary: 'Mark all own notifications as read',
    auth: 'user',
    limit: 'write',
    success: { status: 200, data: done },
    refusals: [],
  }),
  sendNotification: operation({
    id: 'sendNotification',
    service,
    tag,
    methods: ['post'],
    paths: paths('/send'),
    summary: 'Send a notification to a user',
    auth: 'user',
    limit: 'send',
    body: z.object({ user_id: bodyId, type: text(1, 50), payload }),
    success: { status: 200, data: z.object({ notification_id: z.int(), message: z.string() }) },
    refusals: [{ status: 404, message: 'user not found' }],
    idempotent: true,
  }),
  getNotification: operation({
    id: 'getNotification',
    service,
    tag,
    methods: ['get'],
    paths: paths('/:id'),
    summary: 'Read an own notification',
    auth: 'user',
    limit: 'read',
    params,
    success: { status: 200, data: notificationView },
    refusals: [notFound, denied],
    etag: true,
  }),
  markRead: operation({
    id: 'markRead',
    service,
    tag,
    methods: ['put'],
    paths: paths('/:id/read'),
    summary: 'Mark an own notification as read',
    auth: 'user',
    limit: 'write',
    params,
    success: { status: 200, data: done },
    refusals: [notFound, denied],
  }),
  deleteNotification: operation({
    id: 'deleteNotification',
    service,
    tag,
    methods: ['delete'],
    paths: paths('/:id'),
    summary: 'Delete an own notification',
    auth: 'user',
    limit: 'write',
    params,
    success: { status: 200, data: done },
    refusals: [notFound, denied],
  }),
}
