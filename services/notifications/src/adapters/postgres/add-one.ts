import { notificationCreated } from '@pharos/platform/contracts/events/notification-created.v1'
import { enterInboxes, isoOf, NOW, storeEvent } from './inbox-sql.ts'

/** The values that `addOne` takes: recipient, type, payload, then those of the event. */
export const ADD_ONE_VALUES = 6

/**
 * The writes that add one notification, by name; `condition` decides whether anything is written at all. The event says
 * what the feed will show.
 */
export const addOne = (condition: string): Readonly<Record<'inbox' | 'added' | 'stored', string>> => ({
  inbox: enterInboxes(`SELECT $1::bigint AS user_id WHERE ${condition}`),
  added: `INSERT INTO notifications (id, user_id, type, payload, created_at)
     SELECT id, user_id, $2, $3::json, ${NOW} FROM inbox RETURNING id, user_id, type, payload, created_at`,
  stored: storeEvent(notificationCreated, 4, {
    key: 'user_id',
    payload: `json_build_object('id', id, 'user_id', user_id, 'type', type, 'payload', payload,
       'created_at', ${isoOf('created_at')}, 'previous_id', previous_id)`,
    time: 'created_at',
    from: 'added JOIN inbox USING (id, user_id)',
  }),
})
