import { connect } from 'node:net'
import kafkajs from 'kafkajs'
import type { Kafka, LogEntry } from 'kafkajs'
import './kafkajs-request-queue.ts'
import { isAppError, unavailable } from '../errors.ts'
import { log } from '../telemetry/log.ts'

const CONNECT_TIMEOUT_MS = 1_500
const REQUEST_TIMEOUT_MS = 10_000
const REPEAT_AFTER_MS = 60_000

/** kafkajs reports each failed attempt to reach a broker as an error, and each rebalance; who uses it says it once. */
const EXPECTED = new Set([
  'Connection',
  'BrokerPool',
  'Cluster',
  'Broker',
  'ConsumerGroup',
  'Runner',
  'Consumer',
  'Producer',
  'FetchManager',
])

const lastWritten = new Map<string, number>()

const write = ({ namespace, level, log: entry }: LogEntry): void => {
  const message = `kafkajs ${namespace}: ${entry.message}`
  if (level > kafkajs.logLevel.WARN || EXPECTED.has(namespace)) return log.debug(message)
  const now = Date.now()
  if (now - (lastWritten.get(namespace) ?? 0) < REPEAT_AFTER_MS) return
  lastWritten.set(namespace, now)
  log.warn(message, { 'event.action': 'kafka.client' })
}

/** A client of the cluster; nothing connects yet. */
export const createKafka = (brokers: readonly string[], clientId: string): Kafka =>
  new kafkajs.Kafka({
    clientId,
    brokers: [...brokers],
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    logLevel: kafkajs.logLevel.WARN,
    logCreator: () => write,
    retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 1_000 },
  })

/** Whatever kafkajs throws, the answer is the same: not now. */
export const translateKafkaError = (error: unknown): unknown =>
  isAppError(error) ? error : unavailable('kafka.unavailable', error)

const accepts = (broker: string): Promise<void> => {
  const end = broker.lastIndexOf(':')
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = connect({
    host: broker.slice(0, end),
    port: Number(broker.slice(end + 1)),
    timeout: CONNECT_TIMEOUT_MS,
  })
  socket.once('connect', () => resolve())
  socket.once('timeout', () => reject(new Error('connecting takes too long')))
  socket.once('error', reject)
  return promise.finally(() => socket.destroy())
}

/** Resolves when one of the brokers takes connections. @throws AppError `unavailable` */
export const checkBrokers = async (brokers: readonly string[]): Promise<void> => {
  try {
    await Promise.any(brokers.map(accepts))
  } catch (error) {
    throw translateKafkaError(error)
  }
}
