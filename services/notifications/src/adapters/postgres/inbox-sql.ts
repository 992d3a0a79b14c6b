import type { EventContract } from '@pharos/platform/contracts/events/define'
import { storeEventsSql } from '@pharos/platform/postgres/outbox'
import { activeCorrelationId, activeTraceparent } from '@pharos/platform/telemetry/context'
import { newUuid } from '@pharos/platform/telemetry/ids'

/*
 * THE ORDER that everything live depends on: the ids of one user's notifications, their times, and the ids of the outbox
 * rows that tell of them grow in the order of the commits. Whoever has seen a notification has then seen all before
 * it, so "after this id" is all that a client needs to say to catch up, and an id that is not higher is a repetition.
 *
 * It holds because every statement that adds notifications writes the inbox rows of the recipients first, which locks
 * them until the commit, and takes everything that grows only from what that write returns: the id (`last_id`, taken by the
 * update itself, once it has the lock), the time (`clock_timestamp()`; `now()` is when the transaction began), the row
 * of the outbox. An inbox that is new has its id from before the row was there; two that make it at the same time are
 * kept apart by the key, and the later one takes another id.
 *
 * LOCKS are taken in one order: a notification before its inbox, inboxes by ascending user id. A notification that is
 * being added is nobody else's to lock. Closing the inbox of a deleted user goes the other way at its end; should it meet
 * a request of that user, one of them is tried again.
 */

/**
 * Counts one more notification in for each of the recipients, which is a SELECT of distinct `user_id`, and returns `user_id` and the
 * new notification's `id`, and the `previous_id` that was the inbox's last. Who is gone gets none: the card that says so stays for good. It is looked up for each, because a
 * join would read all cards for the few that are so.
 */
export const enterInboxes = (recipients: string): string => `
  INSERT INTO inboxes (user_id, total, unread, last_id)
  SELECT user_id, 1, 1, nextval('notifications_id_seq') FROM (${recipients}) AS recipient
  WHERE (SELECT deleted FROM user_cards WHERE user_cards.id = recipient.user_id) IS NOT TRUE
  ORDER BY user_id
  ON CONFLICT (user_id) DO UPDATE SET
    total = inboxes.total + 1, unread = inboxes.unread + 1, last_id = nextval('notifications_id_seq')
  RETURNING user_id, last_id AS id, coalesce(old.last_id, 0) AS previous_id`

/** As much of a second as a timestamp in JSON shows. */
export const NOW = `date_trunc('milliseconds', clock_timestamp())`

/** A time as `Date.toISOString` writes it, so that an event says the same as the feed. */
export const isoOf = (time: string): string => `to_char(${time} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

/**
 * Stores an event for each row of `from`. `key`, `payload` and `time` are expressions over it; topic, type and source
 * are the contract's and part of the text. `first` is the number of the first of the parameters of `eventValues`.
 */
export const storeEvent = <T>(
  { type, topic }: EventContract<T>,
  first: number,
  event: { readonly key: string; readonly payload: string; readonly time: string; readonly from: string },
): string =>
  storeEventsSql(
    `SELECT $${first}::uuid, '${topic.name}', ${event.key}::text, '${type}', '${topic.source}', ${event.payload}, ${event.time},
       $${first + 1}::text, $${first + 2}::text FROM ${event.from}`,
  )

/** What an event has that is not made in SQL: its id, and whose trace it belongs to. */
export const eventValues = (): readonly unknown[] => [
  newUuid(),
  activeTraceparent() ?? null,
  activeCorrelationId() ?? null,
]
