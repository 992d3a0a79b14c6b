import { API_PREFIX } from '@pharos/platform/contracts/http/define'
import { liveApi, liveNotification } from '@pharos/platform/contracts/http/live'
import { notificationView } from '@pharos/platform/contracts/http/notifications'
import { eventCatalogue } from '@pharos/platform/contracts/event-catalogue'
import { topics } from '@pharos/platform/contracts/topics'
import type { Topic } from '@pharos/platform/contracts/topics'
import type { z } from 'zod'
import { createSchemas } from './json-schema.ts'
import type { Json } from './json-schema.ts'

const VERSION = '1.0.0'
const DAY_MS = 24 * 60 * 60 * 1_000

const reference = (...path: string[]): Json => ({ $ref: `#/${path.join('/')}` })

/** The headers of CloudEvents in Kafka's binary mode, and those of the request that has caused the event. */
const headersOf = (type: string, source: string): Json => ({
  type: 'object',
  required: ['content-type', 'ce_specversion', 'ce_id', 'ce_type', 'ce_source', 'ce_time'],
  properties: {
    'content-type': { const: 'application/json' },
    ce_specversion: { const: '1.0' },
    ce_id: { type: 'string', format: 'uuid', description: 'The same when the event is delivered again' },
    ce_type: { const: type },
    ce_source: { const: source },
    ce_time: { type: 'string', format: 'date-time' },
    traceparent: { type: 'string', description: 'W3C Trace Context' },
    correlation_id: { type: 'string' },
  },
})

type SchemaOf = (schema: z.ZodType) => Json

const eventMessages = (schemaOf: SchemaOf): Record<string, Json> =>
  Object.fromEntries(
    eventCatalogue.map(({ contract: { type, topic, schema }, summary }) => [
      type,
      {
        name: type,
        title: type,
        summary,
        contentType: 'application/json',
        headers: headersOf(type, topic.source),
        payload: schemaOf(schema),
        bindings: { kafka: { key: { type: 'string', description: topic.key } } },
      },
    ]),
  )

const typesIn = (topic: Topic): string[] =>
  eventCatalogue
    .map(({ contract }) => contract)
    .filter((event) => event.topic === topic)
    .map(({ type }) => type)

const topicChannel = (owner: string, topic: Topic): Json => ({
  address: topic.name,
  description: `What ${owner} publishes, kept for ${topic.retentionMs / DAY_MS} days. In order by ${topic.key}.`,
  servers: [reference('servers', 'kafka')],
  messages: Object.fromEntries(typesIn(topic).map((type) => [type, reference('components', 'messages', type)])),
  bindings: { kafka: { topic: topic.name, partitions: topic.partitions } },
})

const topicOperation = (owner: string, topic: Topic): Json => ({
  action: 'send',
  summary: `${owner} publishes`,
  channel: reference('channels', owner),
  messages: typesIn(topic).map((type) => reference('channels', owner, 'messages', type)),
})

const liveChannels = {
  notificationStream: {
    address: API_PREFIX + liveApi.streamNotifications.paths[0],
    description: 'Server-Sent Events: `id` is the notification’s, `event` is `notification`. `Last-Event-ID` resumes.',
    servers: [reference('servers', 'gateway')],
    messages: { notification: reference('components', 'messages', 'notification') },
  },
  notificationSocket: {
    address: API_PREFIX + liveApi.connectNotifications.paths[0],
    description:
      'WebSocket with the subprotocols `bearer, <jwt>`. Closes with 4401 when the token is no good, 4400 when `last_event_id` is none, 4408 when the user has too many connections, 4429 beyond the rate limit, 1013 when it is worth to come back.',
    servers: [reference('servers', 'sockets')],
    messages: { liveNotification: reference('components', 'messages', 'liveNotification') },
    bindings: {
      ws: {
        method: 'GET',
        query: { type: 'object', properties: { last_event_id: { type: 'integer', minimum: 0 } } },
        headers: { type: 'object', properties: { 'Sec-WebSocket-Protocol': { type: 'string' } } },
      },
    },
  },
}

const liveOperation = (channel: keyof typeof liveChannels, message: string, summary: string): Json => ({
  action: 'send',
  summary,
  channel: reference('channels', channel),
  messages: [reference('channels', channel, 'messages', message)],
})

/** The AsyncAPI 3.0 document: what services publish for each other, and what clients hear as it happens. */
export const createAsyncApi = (): Json => {
  const schemas = createSchemas()
  const schemaOf: SchemaOf = (schema) => schemas.of(schema, { io: 'output', target: 'draft-7' })
  const owners = Object.entries(topics)
  const messages = {
    ...eventMessages(schemaOf),
    notification: { contentType: 'application/json', payload: schemaOf(notificationView) },
    liveNotification: { contentType: 'application/json', payload: schemaOf(liveNotification) },
  }
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Pharos events',
      version: VERSION,
      description: 'CloudEvents 1.0 in Kafka’s binary mode, delivered at least once; and live notifications.',
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers: {
      kafka: { host: '127.0.0.1:9092', protocol: 'kafka', description: 'Of a local system' },
      gateway: { host: '127.0.0.1:8080', protocol: 'http' },
      sockets: { host: '127.0.0.1:8080', protocol: 'ws' },
    },
    channels: {
      ...Object.fromEntries(owners.map(([owner, topic]) => [owner, topicChannel(owner, topic)])),
      ...liveChannels,
    },
    operations: {
      ...Object.fromEntries(owners.map(([owner, topic]) => [`${owner}Publishes`, topicOperation(owner, topic)])),
      streamNotifications: liveOperation('notificationStream', 'notification', 'The gateway streams notifications'),
      connectNotifications: liveOperation('notificationSocket', 'liveNotification', 'The gateway sends notifications'),
    },
    components: { messages, schemas: schemas.named },
  }
}
