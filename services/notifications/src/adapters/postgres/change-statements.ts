import { notificationRead } from '@pharos/platform/contracts/events/notification-read.v1'
import { statement } from '@pharos/platform/postgres/connect'
import { addOne } from './add-one.ts'
import { NOW, storeEvent } from './inbox-sql.ts'

const { inbox, added, stored } = addOne('true')

export const add = statement(
  'notifications.add',
  `WITH inbox AS (${inbox}), added AS (${added}), stored AS (${stored}) SELECT id FROM added`,
)

const storeRead = (first: number, andAllBefore: boolean, from: string): string =>
  storeEvent(notificationRead, first, {
    key: 'user_id',
    payload: `json_build_object('user_id', user_id, 'notification_id', id, 'and_all_before', ${andAllBefore})`,
    time: NOW,
    from,
  })

/**
 * `counted` decides: it sees the inbox as it is once it is locked, and so what "read all" has covered meanwhile. What is
 * covered when the statement begins is not even touched. The last SELECT sees what was there before.
 */
export const markRead = statement(
  'notifications.mark-read',
  `WITH marked AS (
     UPDATE notifications SET is_read = true
     WHERE id = $1 AND user_id = $2 AND NOT is_read AND id > (SELECT read_up_to FROM inboxes WHERE user_id = $2)
     RETURNING id, user_id
   ), counted AS (
     UPDATE inboxes SET unread = unread - 1 FROM marked
     WHERE inboxes.user_id = marked.user_id AND marked.id > inboxes.read_up_to
     RETURNING inboxes.user_id, marked.id
   ), stored AS (${storeRead(3, false, 'counted')})
   SELECT user_id AS owner, EXISTS (SELECT FROM counted) AS changed FROM notifications WHERE id = $1`,
)

export const markAllRead = statement(
  'notifications.mark-all-read',
  `WITH marked AS (
     UPDATE inboxes SET unread = 0, read_up_to = last_id WHERE user_id = $1 AND unread > 0
     RETURNING user_id, last_id AS id
   ), stored AS (${storeRead(2, true, 'marked')})
   SELECT id FROM marked`,
)

export const remove = statement(
  'notifications.remove',
  `WITH removed AS (
     DELETE FROM notifications WHERE id = $1 AND user_id = $2 RETURNING id, user_id, is_read
   ), counted AS (
     UPDATE inboxes SET total = total - 1,
       unread = unread - CASE WHEN removed.is_read OR removed.id <= inboxes.read_up_to THEN 0 ELSE 1 END
     FROM removed WHERE inboxes.user_id = removed.user_id
   )
   SELECT user_id AS owner, EXISTS (SELECT FROM removed) AS changed FROM notifications WHERE id = $1`,
)
