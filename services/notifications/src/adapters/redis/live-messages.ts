import { notificationCreated } from '@pharos/platform/contracts/events/notification-created.v1'
import { notificationFannedOut } from '@pharos/platform/contracts/events/notification-fanned-out.v1'
import type { EventMessage } from '@pharos/platform/kafka/message'
import type { WorkOrigin } from '@pharos/platform/telemetry/context'

type Recipient = { readonly id: number; readonly user_id: number; readonly previous_id?: number }

/** What is the same for everybody who is told of one event. */
type Shared = { readonly type: string; readonly created_at: string; readonly payload?: unknown }

/** Who is told of an event. */
export type Announcement = {
  readonly message: EventMessage
  readonly recipients: readonly Recipient[]
  /** Makes the text of a `LiveMessage` for each of them; `origin` is the push's own span. */
  textsFor(origin: WorkOrigin): (recipient: Recipient) => string
}

const NOTIFICATION = '{"notification":"'

/** The notification is text inside of text, and all of it but numbers is written and quoted once for everybody. */
const announce = (message: EventMessage, recipients: readonly Recipient[], shared: Shared): Announcement => {
  const { type, created_at, payload } = shared
  const rest = JSON.stringify({ type, is_read: false, created_at, payload }).slice(1)
  return {
    message,
    recipients,
    textsFor: ({ correlationId, traceparent }) => {
      const all = JSON.stringify({ notification: rest, correlation_id: correlationId, traceparent })
      const end = all.slice(NOTIFICATION.length)
      return ({ id, user_id, previous_id }) => {
        const previous = previous_id === undefined ? '' : `"previous_id":${previous_id},`
        return String.raw`{"id":${id},${previous}"notification":"{\"id\":${id},\"user_id\":${user_id},${end}`
      }
    },
  }
}

/**
 * What users with a live connection are told of an event, if it is one of those that give them a notification. The
 * event is this service's own, from its outbox, so it is not checked again.
 */
export const announcementOf = (message: EventMessage): Announcement | undefined => {
  if (message.type === notificationCreated.type) {
    const event = JSON.parse(message.data) as Shared & Recipient
    return announce(message, [event], event)
  }
  if (message.type === notificationFannedOut.type) {
    const event = JSON.parse(message.data) as Shared & { readonly recipients: readonly Recipient[] }
    return announce(message, event.recipients, event)
  }
  return undefined
}
