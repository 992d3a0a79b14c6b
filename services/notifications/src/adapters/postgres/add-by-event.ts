import type { followCreated } from '@pharos/platform/contracts/events/follow-created.v1'
import type { followersGathered } from '@pharos/platform/contracts/events/followers-gathered.v1'
import { notificationFannedOut } from '@pharos/platform/contracts/events/notification-fanned-out.v1'
import type { EventContract } from '@pharos/platform/contracts/events/define'
import type { ConsumedEvent } from '@pharos/platform/kafka/handler'
import { inboxedStatement } from '@pharos/platform/postgres/inbox'
import { ADD_ONE_VALUES, addOne } from './add-one.ts'
import { enterInboxes, eventValues, isoOf, NOW, storeEvent } from './inbox-sql.ts'

type EventOf<C> = C extends EventContract<infer T> ? ConsumedEvent<T> : never

/** Whoever is followed hears of it. */
export const notifyFollowee = {
  statement: inboxedStatement('notifications.add-by-follow', ADD_ONE_VALUES, addOne),
  valuesOf: ({ data: { follower_id, followee_id } }: EventOf<typeof followCreated>): readonly unknown[] => [
    followee_id,
    'follow_created',
    JSON.stringify({ follower_id }),
    ...eventValues(),
  ],
}

/**
 * Followers hear of a post, all of a batch in one statement and with one event. They share the time, which is taken when
 * all of their inboxes are locked: a time per row would be earlier than what others have written to later inboxes meanwhile.
 */
export const notifyFollowers = {
  statement: inboxedStatement('notifications.add-by-post', ADD_ONE_VALUES, (isFirst) => ({
    inbox: enterInboxes(`SELECT DISTINCT user_id FROM unnest($1::bigint[]) AS user_id WHERE ${isFirst}`),
    locked: `SELECT ${NOW} AS created_at, json_agg(json_build_object('id', id, 'user_id', user_id, 'previous_id', previous_id) ORDER BY user_id) AS recipients,
       min(user_id) AS first_user_id
     FROM inbox HAVING count(*) > 0`,
    added: `INSERT INTO notifications (id, user_id, type, payload, created_at)
     SELECT id, user_id, $2, $3::json, created_at FROM inbox, locked`,
    stored: storeEvent(notificationFannedOut, 4, {
      key: 'first_user_id',
      payload: `json_build_object('type', $2::text, 'payload', $3::json, 'created_at', ${isoOf('created_at')},
       'recipients', recipients)`,
      time: 'created_at',
      from: 'locked',
    }),
  })),
  valuesOf: ({ data: { post, follower_ids } }: EventOf<typeof followersGathered>): readonly unknown[] => [
    follower_ids,
    'post_published',
    JSON.stringify({ post_id: post.id, author_id: post.author_id, title: post.title }),
    ...eventValues(),
  ],
}
