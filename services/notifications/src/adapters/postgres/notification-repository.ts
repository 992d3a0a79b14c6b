import { notificationCreated } from '@pharos/platform/contracts/events/notification-created.v1'
import { notificationRead } from '@pharos/platform/contracts/events/notification-read.v1'
import type { Database } from '@pharos/platform/postgres/connect'
import { eventsStored } from '@pharos/platform/postgres/outbox'
import { slotOf } from '@pharos/platform/postgres/slot'
import type { Change, Notifications } from '../../application/ports.ts'
import * as change from './change-statements.ts'
import { eventValues } from './inbox-sql.ts'
import { fromNotificationRow } from './notification-rows.ts'
import type { NotificationRow } from './notification-rows.ts'
import * as read from './read-statements.ts'

/** An inbox joined with its notifications, or with none. */
type JoinedRow = NotificationRow | { readonly id: null }

const notificationsIn = (rows: readonly JoinedRow[]) =>
  rows.flatMap((row) => (row.id === null ? [] : [fromNotificationRow(row)]))

/** The notifications in Postgres: each operation is one statement, and with its events a transaction by itself. */
export const createNotificationRepository = (db: Database): Notifications => {
  const changeOf = async (rows: Promise<Change[]>): Promise<Change> =>
    (await rows)[0] ?? { owner: undefined, changed: false }

  return {
    page: async (user, page, limit) => {
      const rows = await db.statement<JoinedRow & { readonly total: number }>(read.page, [user, limit, page])
      return { notifications: notificationsIn(rows), total: rows[0]?.total ?? 0 }
    },

    countUnread: async (user) => {
      const [row] = await db.statement<{ unread: number }>(read.countUnread, [user])
      return row?.unread ?? 0
    },

    byId: async (id) => {
      const [row] = await db.statement<NotificationRow>(read.byId, [id])
      return row && fromNotificationRow(row)
    },

    after: async (user, id, limit) => {
      const rows = await db.statement<JoinedRow & { readonly last_id: number }>(read.after, [user, id, limit])
      return { notifications: notificationsIn(rows), lastId: rows[0]?.last_id ?? 0 }
    },

    lastId: async (user) => {
      const [row] = await db.statement<{ last_id: number }>(read.lastId, [user])
      return row?.last_id ?? 0
    },

    add: async ({ recipient, type, payload }) => {
      const values = [recipient, type, payload, ...eventValues()]
      const stored = (): void => eventsStored(db, [notificationCreated.type])
      if (slotOf(db)) {
        // Idempotency keys are kept with transactions.
        return db.transaction(async (tx) => {
          const [row] = await tx.statement<{ id: number }>(change.add, values)
          if (row) tx.afterCommit(stored)
          return row?.id
        })
      }
      const [row] = await db.statement<{ id: number }>(change.add, values)
      if (row) stored()
      return row?.id
    },

    markRead: async (user, id) => {
      const result = await changeOf(db.statement<Change>(change.markRead, [id, user, ...eventValues()]))
      if (result.changed) eventsStored(db, [notificationRead.type])
      return result
    },

    markAllRead: async (user) => {
      const rows = await db.statement(change.markAllRead, [user, ...eventValues()])
      if (rows.length > 0) eventsStored(db, [notificationRead.type])
    },

    remove: (user, id) => changeOf(db.statement<Change>(change.remove, [id, user])),
  }
}
