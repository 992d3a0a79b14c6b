import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DomainEvent } from '@pharos/platform/contracts/events/define'
import { notificationCreated } from '@pharos/platform/contracts/events/notification-created.v1'
import { notificationFannedOut } from '@pharos/platform/contracts/events/notification-fanned-out.v1'
import { notificationRead } from '@pharos/platform/contracts/events/notification-read.v1'
import { liveMessage } from '@pharos/platform/contracts/live'
import { announcementOf } from './live-messages.ts'

const created_at = '2026-01-01T12:00:00.123Z'
const origin = { correlationId: 'c-1', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }

const textsOf = (event: DomainEvent, from: object = origin): unknown[] | undefined => {
  const announcement = announcementOf({ ...event, data: JSON.stringify(event.data) })
  return announcement?.recipients.map((recipient) => JSON.parse(announcement.textsFor(from)(recipient)))
}

test('a notification is announced as the feed shows it, whatever is in it', () => {
  const notification = {
    id: 7,
    user_id: 3,
    type: 'a "b" \\ \u2028',
    created_at,
    payload: { text: '"\\\n💥', list: [1, null] },
  }
  const [text] = textsOf(notificationCreated.event(notification)) ?? []
  const message = liveMessage.parse(text)
  assert.deepEqual(JSON.parse(message.notification), { ...notification, is_read: false })
  assert.deepEqual(message, {
    id: 7,
    notification: message.notification,
    correlation_id: origin.correlationId,
    traceparent: origin.traceparent,
  })
})

test('an announcement names the one before it, which is nothing that a client is shown', () => {
  const [text] =
    textsOf(notificationCreated.event({ id: 7, user_id: 3, type: 'x', created_at, previous_id: 5 }), {}) ?? []
  const { previous_id: previous, notification } = liveMessage.parse(text)
  assert.equal(previous, 5)
  assert.deepEqual(JSON.parse(notification), { id: 7, user_id: 3, type: 'x', is_read: false, created_at })
})

test('each of many is announced its own', () => {
  const recipients = [
    { id: 7, user_id: 3 },
    { id: 8, user_id: 4 },
  ]
  const shared = { type: 'post_published', created_at, payload: { title: 'x' } }
  const messages = textsOf(notificationFannedOut.event({ ...shared, recipients }))?.map((text) =>
    liveMessage.parse(text),
  )
  assert.deepEqual(
    messages?.map(({ id, notification }) => ({ id, notification: JSON.parse(notification) as unknown })),
    recipients.map((recipient) => ({ id: recipient.id, notification: { ...recipient, ...shared, is_read: false } })),
  )
})

test('what has no payload and comes from no request says so by leaving it out', () => {
  const [text] = textsOf(notificationCreated.event({ id: 7, user_id: 3, type: 'x', created_at }), {}) ?? []
  const message = liveMessage.parse(text)
  assert.deepEqual(Object.keys(message), ['id', 'notification'])
  assert.deepEqual(JSON.parse(message.notification), { id: 7, user_id: 3, type: 'x', is_read: false, created_at })
})

test('nobody is told that something was read', () => {
  assert.equal(textsOf(notificationRead.event({ user_id: 3, notification_id: 7, and_all_before: false })), undefined)
})
