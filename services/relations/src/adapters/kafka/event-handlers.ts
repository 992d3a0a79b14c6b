import { postCreated } from '@pharos/platform/contracts/events/post-created.v1'
import { on } from '@pharos/platform/kafka/handler'
import type { ConsumedEvent, EventHandler } from '@pharos/platform/kafka/handler'
import type { UserCards } from '@pharos/platform/user-cards/user-cards'
import type { Batches } from '../postgres/batches.ts'
import { gatherAllFollowers, newestFollowOf } from '../postgres/gather-followers.ts'
import type { GatheredPost } from '../postgres/gather-followers.ts'

type Work = Pick<Batches, 'begin'>

const toPost = ({ id, author_id, title }: GatheredPost): GatheredPost => ({ id, author_id, title })

/**
 * Tells who is to hear of a post. Most authors have no more followers than an event holds, and for them all is one
 * statement. It declines, leaving no trace, when there are more; then the event is handled in a transaction, with the first
 * batch and the rest as batched work. Whichever it is writes the event's one inbox row together with what it does, so a
 * second delivery finds it, also if the author's followers have crossed the limit meanwhile.
 */
const tellFollowers = (work: Work): EventHandler => {
  const inBatches = on(postCreated, async ({ data }, tx) => {
    const until = await newestFollowOf(tx, data.author_id)
    await work.begin(tx, 'gather-followers', { post: toPost(data), until })
  })
  return {
    ...inBatches,
    run: async (db, consumer, event) => {
      const post = toPost((event as ConsumedEvent<GatheredPost>).data)
      const isFirst = await gatherAllFollowers(db, post, { consumer, eventId: event.id })
      return isFirst === 'too-many' ? inBatches.run(db, consumer, event) : isFirst
    },
  }
}

/** What relations follows of users and of posts. */
export const eventHandlers = ({ cards, work }: { readonly cards: UserCards; readonly work: Work }): EventHandler[] => [
  ...cards.handlers((userId, tx) => work.begin(tx, 'remove-follows', { userId })),
  tellFollowers(work),
]
