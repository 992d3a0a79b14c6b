import type { IHeaders, KafkaMessage } from 'kafkajs'
import { deadLetterTopic, topics } from '../contracts/topics.ts'
import { AppError } from '../errors.ts'
import { createKafka, translateKafkaError } from './client.ts'
import { fromHeaders } from './message.ts'
import type { Envelope } from './message.ts'
import { readRange } from './read-range.ts'
import { createSender } from './sender.ts'

/** An event that a consumer could not handle, and why. */
export type DeadLetter = {
  readonly offset: number
  readonly at: Date | undefined
  readonly event: Envelope
  readonly key: string | undefined
  readonly group: string | undefined
  readonly error: { readonly code: string | undefined; readonly message: string | undefined }
  /** All of them, those of the event and those that say why it is here. */
  readonly headers: Readonly<Record<string, string>>
  readonly payload: string
}

/** The dead letters of one topic: offsets from `first` to before `end`. */
export type DeadLetterBox = { readonly topic: string; readonly first: number; readonly end: number }

/**
 * For operators: looks into the dead letters and brings them back. Topics are those of the events, without prefix and
 * without `.dlq`. Everything throws AppError `unavailable` when Kafka is away, and `not-found` for a topic that no
 * broker has and an offset at which nothing lies.
 */
export interface DeadLetterStore {
  /** Every topic of the contracts that has dead letters on this cluster, with none in it or some. */
  boxes(): Promise<DeadLetterBox[]>
  box(topic: string): Promise<DeadLetterBox>
  /** The newest of them, the oldest of those first. */
  list(topic: string, newest: number): Promise<DeadLetter[]>
  read(topic: string, offset: number): Promise<DeadLetter>
  /**
   * Publishes the event once more as it was: payload, key, ids, trace. Whoever has handled it knows it by its inbox. It stays in
   * the dead letters, because Kafka can only remove everything before an offset.
   */
  replayOne(topic: string, offset: number): Promise<void>
  /**
   * Does so with all that lie there when it begins, in order, and removes each portion once it is published. What several
   * consumers could not handle lies there for each of them and is published once: otherwise each would bury it as often again. An event
   * that fails once more comes to lie behind them and stays.
   */
  replayAll(topic: string): Promise<{ readonly letters: number; readonly events: number }>
}

/** The only one: see DEAD_LETTER_PARTITIONS. */
const PARTITION = 0
const REASON = /^x-/i

const textsOf = (headers: IHeaders | undefined): Record<string, string> =>
  Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]))

const toDeadLetter = (message: KafkaMessage): DeadLetter => {
  const headers = textsOf(message.headers)
  return {
    offset: Number(message.offset),
    at: headers['x-dead-at'] === undefined ? undefined : new Date(headers['x-dead-at']),
    event: fromHeaders(message.headers),
    key: message.key?.toString(),
    group: headers['x-consumer-group'],
    error: { code: headers['x-error-code'], message: headers['x-error-message'] },
    headers,
    payload: message.value?.toString() ?? '',
  }
}

/** The message as its producer made it. */
const asItWas = ({ key, value, headers }: KafkaMessage) => ({
  key,
  value,
  headers: Object.fromEntries(Object.entries(headers ?? {}).filter(([name]) => !REASON.test(name))),
})

const unknownTopic = (name: string): AppError =>
  new AppError('not-found', 'dead-letters.unknown-topic', `there is no topic ${name}`)

const unknownOffset = ({ topic, first, end }: DeadLetterBox, offset: number): AppError => {
  const what = end > first ? `only from ${first} to ${end - 1}` : 'nothing at all'
  const message = `nothing lies at offset ${offset} of ${deadLetterTopic(topic)}, ${what}`
  return new AppError('not-found', 'dead-letters.unknown-offset', message)
}

/** Passes each event on once, whoever could not handle it. What has no id is no event of ours, and always goes. */
const onceEach = () => {
  const seen = new Set<string>()
  return ({ headers }: KafkaMessage): boolean => {
    const { id } = fromHeaders(headers)
    if (id === undefined) return true
    if (seen.has(id)) return false
    seen.add(id)
    return true
  }
}

/** Connects to the cluster. @throws AppError `unavailable` */
export const openDeadLetters = async (options: {
  brokers: readonly string[]
  topicPrefix: string
}): Promise<DeadLetterStore & AsyncDisposable> => {
  const kafka = createKafka(options.brokers, 'dead-letters')
  const admin = kafka.admin()
  const sender = createSender(kafka)
  const nameOf = (topic: string): string => options.topicPrefix + deadLetterTopic(topic)

  const asked = async <T>(question: Promise<T>): Promise<T> => {
    try {
      return await question
    } catch (error) {
      throw translateKafkaError(error)
    }
  }

  /** Asking for the offsets of a topic that is not there could make it. */
  const existing = async (): Promise<Set<string>> => new Set(await asked(admin.listTopics()))

  const boundsOf = async (topic: string): Promise<DeadLetterBox> => {
    const offsets = await asked(admin.fetchTopicOffsets(nameOf(topic)))
    const { low = 0, high = 0 } = offsets.find(({ partition }) => partition === PARTITION) ?? {}
    return { topic, first: Number(low), end: Number(high) }
  }

  const box = async (topic: string): Promise<DeadLetterBox> => {
    if (!(await existing()).has(nameOf(topic))) throw unknownTopic(nameOf(topic))
    return boundsOf(topic)
  }

  const messages = async (topic: string, from: number, to: number): Promise<KafkaMessage[]> => {
    const found: KafkaMessage[] = []
    await readRange({ kafka, topic: nameOf(topic), partition: PARTITION, from, to }, async (portion) => {
      found.push(...portion)
    })
    return found
  }

  const message = async (topic: string, offset: number): Promise<KafkaMessage> => {
    const bounds = await box(topic)
    const isInside = offset >= bounds.first && offset < bounds.end
    const [found] = isInside ? await messages(topic, offset, offset + 1) : []
    if (!found) throw unknownOffset(bounds, offset)
    return found
  }

  const publish = async (topic: string, dead: readonly KafkaMessage[]): Promise<void> => {
    if (dead.length > 0) await sender.send([{ topic: options.topicPrefix + topic, messages: dead.map(asItWas) }])
  }

  await asked(admin.connect())
  return {
    boxes: async () => {
      const there = await existing()
      const names = Object.values(topics).map(({ name }) => name)
      return Promise.all(names.filter((name) => there.has(nameOf(name))).map(boundsOf))
    },
    box,
    list: async (topic, newest) => {
      const { first, end } = await box(topic)
      return (await messages(topic, Math.max(first, end - newest), end)).map(toDeadLetter)
    },
    read: async (topic, offset) => toDeadLetter(await message(topic, offset)),
    replayOne: async (topic, offset) => publish(topic, [await message(topic, offset)]),
    replayAll: async (topic) => {
      const { first, end } = await box(topic)
      const isFirst = onceEach()
      const count = { letters: 0, events: 0 }
      const place = { kafka, topic: nameOf(topic), partition: PARTITION, from: first, to: end }
      await readRange(place, async (portion) => {
        const events = portion.filter(isFirst)
        await publish(topic, events)
        count.letters += portion.length
        count.events += events.length
        const next = Number(portion.at(-1)?.offset) + 1
        const partitions = [{ partition: PARTITION, offset: String(next) }]
        await admin.deleteTopicRecords({ topic: nameOf(topic), partitions })
      })
      return count
    },
    [Symbol.asyncDispose]: async () => {
      await sender[Symbol.asyncDispose]()
      await admin.disconnect()
    },
  }
}
