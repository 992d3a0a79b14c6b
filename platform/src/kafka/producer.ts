import type { Message, TopicMessages } from 'kafkajs'
import { oncePerKey } from '../runtime/once-per-key.ts'
import { activeCorrelationId, activeTraceparent, runWork } from '../telemetry/context.ts'
import { log } from '../telemetry/log.ts'
import { histogram } from '../telemetry/metrics.ts'
import { checkBrokers, createKafka } from './client.ts'
import { toHeaders } from './message.ts'
import type { EventMessage } from './message.ts'
import { messagingShape } from './messaging-shape.ts'
import { createSender } from './sender.ts'

/** Publishes events. */
export interface EventProducer {
  /**
   * Sends all messages in one request per broker and resolves when they are kept; those of one key stay in order.
   * Sends all again when some were kept and some not, so a consumer may see a message twice.
   * @throws AppError `unavailable` (`kafka.unavailable`)
   */
  publish(messages: readonly EventMessage[]): Promise<void>
}

/** A producer with a connection of its own, and what readiness asks of it. */
export type ConnectedProducer = EventProducer & AsyncDisposable & { check(): Promise<void> }

const FIRST_CONNECT_MS = 1_000

const duration = histogram({
  name: 'messaging_publish_duration_seconds',
  help: 'Duration of publishing a batch, by topic',
  labels: ['topic', 'outcome'],
})

const shapeOf = oncePerKey((topic: string) => messagingShape('send', topic))

/**
 * Connects to Kafka. It resolves within a second also when no broker is there: publishing is then `unavailable`, and
 * each call tries anew. `topicPrefix` is put before every topic's name.
 */
export const connectProducer = async (options: {
  brokers: readonly string[]
  clientId: string
  topicPrefix: string
}): Promise<ConnectedProducer> => {
  const { brokers, clientId, topicPrefix } = options
  const sender = createSender(createKafka(brokers, clientId))

  /** Each message has a span of its own, in the trace of the request that caused it; its ids travel with the message. */
  const spanned = (message: EventMessage, sent: Promise<void>, collect: (topic: string, message: Message) => void) => {
    const topic = topicPrefix + message.topic
    const origin = message.origin ?? { traceparent: activeTraceparent(), correlationId: activeCorrelationId() }
    const attributes = { 'messaging.message.id': message.id, 'app.event.type': message.type }
    return runWork({ shape: shapeOf(message.topic), origin, attributes }, () => {
      const traceparent = activeTraceparent()
      const headers = toHeaders(message, { traceparent, correlationId: activeCorrelationId() })
      collect(topic, { key: message.key, value: message.data, headers })
      return sent
    })
  }

  const publish = async (messages: readonly EventMessage[]): Promise<void> => {
    if (messages.length === 0) return
    const byTopic = new Map<string, Message[]>()
    const sent = Promise.withResolvers<void>()
    const spans = messages.map((message) =>
      spanned(message, sent.promise, (topic, wire) => {
        const known = byTopic.get(topic)
        if (known) known.push(wire)
        else byTopic.set(topic, [wire])
      }),
    )
    const startedAt = performance.now()
    const batch: TopicMessages[] = [...byTopic].map(([topic, wires]) => ({ topic, messages: wires }))
    const measure = (outcome: string): void => {
      const seconds = (performance.now() - startedAt) / 1_000
      for (const topic of byTopic.keys()) duration.observe({ topic: topic.slice(topicPrefix.length), outcome }, seconds)
    }
    const settled = Promise.allSettled(spans)
    try {
      await sender.send(batch)
      measure('ok')
      sent.resolve()
    } catch (error) {
      measure('unavailable')
      sent.reject(error)
      throw error
    } finally {
      await settled
    }
  }

  const first = sender.connect().catch((error: unknown) => {
    log.warn('kafka is away, going on without it', { 'event.action': 'kafka.away' }, error)
  })
  const patience = Promise.withResolvers<void>()
  const timer = setTimeout(patience.resolve, FIRST_CONNECT_MS)
  await Promise.race([first, patience.promise])
  clearTimeout(timer)

  return { publish, check: () => checkBrokers(brokers), [Symbol.asyncDispose]: () => sender[Symbol.asyncDispose]() }
}
