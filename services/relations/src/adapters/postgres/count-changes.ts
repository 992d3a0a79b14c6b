/** `opened` counts a follow for both sides, `ended` takes it back; whose account is closed has no counts to take back. */
type Change = 'opened' | 'ended'

const BY: Readonly<Record<Change, string>> = { opened: '1', ended: '-1' }
const ONLY: Readonly<Record<Change, string>> = { opened: '', ended: 'WHERE NOT kept.closed' }

/**
 * The text that keeps the counts of everybody in `source`, rows of follower_id and followee_id that were written just now.
 * One INSERT for all, in the order of user ids: whoever changes counts takes their locks in this order, and after those
 * of the follows, so that A following B and B following A at once wait for each other instead of locking each other out.
 */
export const countChanges = (source: string, change: Change): string => `
INSERT INTO follow_counts AS kept (user_id, followers, followees)
SELECT user_id, sum(followers), sum(followees)
FROM ${source}, LATERAL (VALUES (follower_id, 0, ${BY[change]}), (followee_id, ${BY[change]}, 0))
  AS party (user_id, followers, followees)
GROUP BY user_id ORDER BY user_id
ON CONFLICT (user_id) DO UPDATE
SET followers = kept.followers + excluded.followers, followees = kept.followees + excluded.followees
${ONLY[change]}`
