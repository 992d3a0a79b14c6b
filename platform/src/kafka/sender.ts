import kafkajs from 'kafkajs'
import type { Kafka, Producer, TopicMessages } from 'kafkajs'
import { translateKafkaError } from './client.ts'

/** Sends to Kafka over a connection that is made when it is needed and made anew after each failure. */
export type Sender = AsyncDisposable & {
  /** Resolves when all brokers that keep the messages have them. @throws AppError `unavailable` */
  send(batch: TopicMessages[]): Promise<void>
  connect(): Promise<void>
}

/**
 * An idempotent producer (one request in flight, so a retry neither doubles nor overtakes). After a failure its
 * sequence numbers are in doubt, so the next attempt is that of a new producer.
 */
export const createSender = (kafka: Kafka): Sender => {
  let current: Promise<Producer> | undefined

  const open = async (): Promise<Producer> => {
    const producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 1_000 },
    })
    await producer.connect()
    return producer
  }

  const drop = async (): Promise<void> => {
    const dropped = current
    current = undefined
    const producer = await dropped?.catch(() => undefined)
    await producer?.disconnect().catch(() => {})
  }

  const use = async <T>(fn: (producer: Producer) => Promise<T>): Promise<T> => {
    try {
      return await fn(await (current ??= open()))
    } catch (error) {
      void drop()
      throw translateKafkaError(error)
    }
  }

  return {
    connect: () => use(async () => {}),
    send: (batch) =>
      use(async (producer) => {
        await producer.sendBatch({ topicMessages: batch, acks: -1 })
      }),
    [Symbol.asyncDispose]: drop,
  }
}
