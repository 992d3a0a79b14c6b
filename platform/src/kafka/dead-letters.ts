import type { IHeaders, KafkaMessage } from 'kafkajs'
import { deadLetterTopic } from '../contracts/topics.ts'
import { isAppError } from '../errors.ts'
import { captureError } from '../telemetry/capture.ts'
import { log } from '../telemetry/log.ts'
import { counter } from '../telemetry/metrics.ts'
import type { Sender } from './sender.ts'

export type Place = { readonly topic: string; readonly partition: number; readonly offset: string }

const deadLetters = counter({
  name: 'messaging_dead_letters_total',
  help: 'Events that could not be handled and went to the dead letters',
  labels: ['topic', 'group'],
})

/** Of a foreign error the kind alone: its text may hold values. The log line and the error event have the rest. */
const reasonOf = (error: unknown): { code: string; message: string } => {
  if (isAppError(error)) return { code: error.code, message: error.message }
  const { name = 'unknown', code } = (error ?? {}) as { name?: string; code?: unknown }
  return { code: typeof code === 'string' ? `${name}.${code}` : name, message: 'the handler failed' }
}

/** Why and where from, in headers beside those of the event itself. */
const deadLetterHeaders = (error: unknown, place: Place, group: string): IHeaders => {
  const { code, message } = reasonOf(error)
  return {
    'x-error-code': code,
    'x-error-message': message,
    'x-original-topic': place.topic,
    'x-original-partition': String(place.partition),
    'x-original-offset': place.offset,
    'x-consumer-group': group,
    'x-dead-at': new Date().toISOString(),
  }
}

/** Puts a message, as it came, into the dead letters of its topic, and says so. @throws AppError `unavailable` */
export const sendDeadLetter = async (
  sender: Sender,
  options: { topicPrefix: string; group: string; place: Place; message: KafkaMessage; error: unknown },
): Promise<void> => {
  const { topicPrefix, group, place, message, error } = options
  const headers = { ...message.headers, ...deadLetterHeaders(error, place, group) }
  const topic = topicPrefix + deadLetterTopic(place.topic)
  await sender.send([{ topic, messages: [{ key: message.key, value: message.value, headers }] }])
  deadLetters.inc({ topic: place.topic, group })
  captureError(error, { topic: place.topic, group })
  log.error(
    'an event went to the dead letters',
    {
      'event.action': 'messaging.dead-letter',
      'messaging.destination.name': place.topic,
      'messaging.destination.partition.id': place.partition,
      'messaging.kafka.offset': place.offset,
      'messaging.consumer.group.name': group,
    },
    error,
  )
}
