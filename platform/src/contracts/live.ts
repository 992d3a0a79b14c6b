import { z } from 'zod'

/** The channel in Redis on which a user's new notifications are announced. */
export const liveChannel = (userId: number): string => `live:${userId}`

/**
 * What is announced: `notification` is the JSON text of a Notification, ready to be passed on. The ids of one user grow in
 * the order of the announcements, so whoever has passed on `id` drops every message up to it: an announcement may come
 * twice.
 */
export const liveMessage = z.object({
  id: z.int(),
  notification: z.string(),
  /** The id before it in the same inbox: a receiver who has not passed it on knows that one was missed. */
  previous_id: z.int().optional(),
  correlation_id: z.string().optional(),
  traceparent: z.string().optional(),
})
export type LiveMessage = z.output<typeof liveMessage>
