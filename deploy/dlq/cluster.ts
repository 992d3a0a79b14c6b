import { Failure } from '../local/failure.ts'
import { readRunState, runningSupervisor } from '../local/run-state.ts'
import type { Settings } from '../local/settings.ts'

export type Cluster = { brokers: readonly string[]; topicPrefix: string }

const runningKafka = (home: string): string | undefined => {
  if (runningSupervisor(home) === undefined) return undefined
  const port = readRunState(home)?.parts.find(({ name }) => name === 'kafka')?.port
  return port === undefined ? undefined : `127.0.0.1:${port}`
}

/** KAFKA_BROKERS, or what `npm start` runs in this checkout; throws a Failure when there is neither. */
export const findCluster = ({ env, given, home }: Settings): Cluster => {
  const brokers = given.kafka ?? runningKafka(home)
  if (brokers === undefined) {
    throw new Failure('No Kafka is known: "npm start" starts one here, and KAFKA_BROKERS names any other.')
  }
  return { brokers: brokers.split(',').map((broker) => broker.trim()), topicPrefix: env['TOPIC_PREFIX'] ?? '' }
}
