import { connectProducer } from '../../src/kafka/producer.ts'
import { connectPostgres } from '../../src/postgres/connect.ts'
import { startOutboxRelay } from '../../src/postgres/outbox-relay.ts'
import { Secret } from '../../src/runtime/config.ts'

/** A process that is a relay and nothing else; with `dies` it is killed between publishing and deleting. */
const [url = '', brokers = '', topicPrefix = '', fate] = process.argv.slice(2)
const db = await connectPostgres({ url: new Secret(url), poolMax: 2, applicationName: 'relay' })
const producer = await connectProducer({ brokers: brokers.split(','), clientId: 'relay', topicPrefix })
const die = async (): Promise<void> => {
  process.kill(process.pid, 'SIGKILL')
  await new Promise(() => {})
}
startOutboxRelay({ db, producer, pollMs: 100, ...(fate === 'dies' && { afterPublish: die }) })
