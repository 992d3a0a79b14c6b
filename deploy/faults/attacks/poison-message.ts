import { userDeleted } from '@pharos/platform/contracts/events/user-deleted.v1'
import { connectProducer } from '@pharos/platform/kafka/producer'
import { newUuid } from '@pharos/platform/telemetry/ids'
import { z } from 'zod'
import { findCluster } from '../../dlq/cluster.ts'
import { breaker, nothingGoesOn, type Breaker } from '../breaker.ts'

/** An event that no consumer can read. It stays among the dead letters, where `npm run dlq:list` shows it. */
export const poisonMessage: Breaker = breaker(z.null(), {
  prepare: async ({ settings }) => {
    findCluster(settings)
    return null
  },
  apply: async ({ settings }) => {
    await using producer = await connectProducer({ ...findCluster(settings), clientId: 'faults' })
    const { type, topic } = userDeleted
    const data = JSON.stringify({ id: 'poison' })
    const event = {
      topic: topic.name,
      type,
      source: topic.source,
      key: 'poison',
      id: newUuid(),
      time: new Date(),
      data,
    }
    await producer.publish([event])
    return nothingGoesOn
  },
  mend: () => Promise.resolve(),
})
