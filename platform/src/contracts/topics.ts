const DAY_MS = 24 * 60 * 60 * 1_000

/** A topic as it must be: `create-topics.ts` makes it so. `source` is the CloudEvents source of what is in it. */
export type Topic = {
  readonly name: string
  readonly source: string
  /** What the message key is, which is also what is kept in order. */
  readonly key: string
  readonly partitions: number
  readonly retentionMs: number
  readonly cleanup: 'delete' | 'compact'
}

const topic = (owner: string, key: string): Topic => ({
  name: `pharos.${owner}.v1`,
  source: `/pharos/${owner}`,
  key,
  partitions: 6,
  retentionMs: 7 * DAY_MS,
  cleanup: 'delete',
})

export const topics = {
  users: topic('users', 'user id'),
  auth: topic('auth', 'user id'),
  posts: topic('posts', 'post id'),
  relations: topic('relations', 'followee id'),
  notifications: topic('notifications', 'user id'),
} as const

/** Where events of a topic go that cannot be handled. Kept longer than the topic, because people read it. */
export const deadLetterTopic = (name: string): string => `${name}.dlq`

export const DEAD_LETTER_PARTITIONS = 1
export const DEAD_LETTER_RETENTION_MS = 30 * DAY_MS
