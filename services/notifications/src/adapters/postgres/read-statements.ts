import { statement } from '@pharos/platform/postgres/connect'
import { SHOWN } from './notification-rows.ts'

/** One row at least for whoever has an inbox, because it has the total; its `id` is null beyond the last page. */
export const page = statement(
  'notifications.page',
  `SELECT i.total, ${SHOWN}
   FROM inboxes i LEFT JOIN LATERAL (
     SELECT * FROM notifications WHERE user_id = i.user_id
     ORDER BY id DESC LIMIT $2 OFFSET ($3::bigint - 1) * $2
   ) n ON true
   WHERE i.user_id = $1 ORDER BY n.id DESC`,
)

/** The same with the last id; oldest first. */
export const after = statement(
  'notifications.after',
  `SELECT i.last_id, ${SHOWN}
   FROM inboxes i LEFT JOIN LATERAL (
     SELECT * FROM notifications WHERE user_id = i.user_id AND id > $2 ORDER BY id LIMIT $3
   ) n ON true
   WHERE i.user_id = $1 ORDER BY n.id`,
)

export const byId = statement(
  'notifications.by-id',
  `SELECT ${SHOWN} FROM notifications n JOIN inboxes i USING (user_id) WHERE n.id = $1`,
)

export const countUnread = statement('inboxes.unread', 'SELECT unread FROM inboxes WHERE user_id = $1')
export const lastId = statement('inboxes.last-id', 'SELECT last_id FROM inboxes WHERE user_id = $1')
