import { followCreated } from '@pharos/platform/contracts/events/follow-created.v1'
import { followersGathered } from '@pharos/platform/contracts/events/followers-gathered.v1'
import { notificationCreated } from '@pharos/platform/contracts/events/notification-created.v1'
import { notificationFannedOut } from '@pharos/platform/contracts/events/notification-fanned-out.v1'
import { afterwards, onByStatement } from '@pharos/platform/kafka/handler'
import type { EventHandler } from '@pharos/platform/kafka/handler'
import type { Tx } from '@pharos/platform/postgres/connect'
import { eventsStored } from '@pharos/platform/postgres/outbox'
import { counter } from '@pharos/platform/telemetry/metrics'
import type { UserCards } from '@pharos/platform/user-cards/user-cards'
import { notifyFollowee, notifyFollowers } from '../postgres/add-by-event.ts'

const fannedOut = counter({
  name: 'notifications_fanned_out_total',
  help: 'Notifications that followers were given of posts; app_domain_events_total counts their batches',
})

type Ports = {
  readonly cards: Pick<UserCards, 'handlers'>
  readonly removeInbox: (userId: number, tx: Tx) => Promise<void>
}

/** What notifications follows: who there is, and what users are to hear of. */
export const eventHandlers = ({ cards, removeInbox }: Ports): EventHandler[] => [
  ...cards.handlers(removeInbox),
  afterwards(
    onByStatement(followCreated, notifyFollowee.statement, notifyFollowee.valuesOf),
    (_event, isFirst, db) => isFirst && eventsStored(db, [notificationCreated.type]),
  ),
  afterwards(
    onByStatement(followersGathered, notifyFollowers.statement, notifyFollowers.valuesOf),
    ({ data }, isFirst, db) => {
      if (!isFirst) return
      fannedOut.inc({}, (data as { readonly follower_ids: readonly number[] }).follower_ids.length)
      eventsStored(db, [notificationFannedOut.type])
    },
  ),
]
