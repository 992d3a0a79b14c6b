import { deadLetterTopic } from '@pharos/platform/contracts/topics'
import { isAppError } from '@pharos/platform/errors'
import { openDeadLetters } from '@pharos/platform/kafka/dead-letter-store'
import type { DeadLetterStore } from '@pharos/platform/kafka/dead-letter-store'
import { Failure, sentenceOf } from '../local/failure.ts'
import { readSettings } from '../local/settings.ts'
import { findCluster, type Cluster } from './cluster.ts'
import { parseCommand, type Command } from './options.ts'
import { renderBox, renderLetter } from './render.ts'

/** One day less than inboxes keep what they have handled. */
const REMEMBERED_MS = 7 * 24 * 60 * 60 * 1000

type Replay = Extract<Command, { verb: 'replay' }>

const print = (text: string): void => void process.stdout.write(`${text}\n`)

const list = async (store: DeadLetterStore, { topic, newest }: Extract<Command, { verb: 'list' }>): Promise<void> => {
  const boxes = topic === undefined ? await store.boxes() : [await store.box(topic)]
  if (boxes.length === 0) throw new Failure('This Kafka has no topics for dead letters: does TOPIC_PREFIX fit?')
  for (const box of boxes) print(renderBox(box, box.end > box.first ? await store.list(box.topic, newest) : []))
}

/** Whoever has handled an event that is older than his memory would handle it a second time. */
const requireRemembered = async (store: DeadLetterStore, { topic, offset, old }: Replay): Promise<void> => {
  if (old) return
  const { first, end } = await store.box(topic)
  if (offset === undefined && first === end) return
  const { event, offset: at } = await store.read(topic, offset ?? first)
  if (event.time === undefined || Date.now() - event.time.getTime() < REMEMBERED_MS) return
  throw new Failure(
    `The event at offset ${at} is of ${event.time.toISOString()}, and services remember for eight days what they have ` +
      'handled: those that had no trouble with it might handle it again. With --old it is replayed all the same.',
  )
}

const replay = async (store: DeadLetterStore, command: Replay): Promise<void> => {
  const { topic, offset } = command
  await requireRemembered(store, command)
  if (offset !== undefined) {
    await store.replayOne(topic, offset)
    const stays = `It stays in ${deadLetterTopic(topic)}, because Kafka removes only everything up to an offset`
    return print(`Published to ${topic} again. ${stays}: a replay of the whole topic empties it.`)
  }
  const { letters, events } = await store.replayAll(topic)
  if (letters === 0) return print(`${deadLetterTopic(topic)} is empty: there is nothing to replay.`)
  const removed = `${letters === 1 ? 'one dead letter' : `${letters} dead letters`} of ${deadLetterTopic(topic)}`
  print(`Published ${events === 1 ? 'one event' : `${events} events`} to ${topic} again and removed ${removed}.`)
  print('What fails once more comes back there within a moment: "npm run dlq:list" shows it.')
}

const run = async (cluster: Cluster, command: Command): Promise<void> => {
  await using store = await openDeadLetters(cluster)
  switch (command.verb) {
    case 'list':
      return await list(store, command)
    case 'show':
      return print(renderLetter(command.topic, await store.read(command.topic, command.offset)))
    case 'replay':
      return await replay(store, command)
  }
}

const explain = (error: unknown, { brokers }: Cluster): unknown => {
  if (!isAppError(error)) return error
  if (error.kind === 'unavailable') {
    const cause = error.cause instanceof Error ? error.cause.message : error.code
    return new Failure(`Kafka does not answer at ${brokers.join(', ')} (${cause}).`)
  }
  return new Failure(`${error.message[0]?.toUpperCase()}${error.message.slice(1)}.`)
}

const main = async (args: readonly string[]): Promise<void> => {
  const command = parseCommand(args)
  const cluster = findCluster(readSettings(process.env))
  try {
    await run(cluster, command)
  } catch (error) {
    throw explain(error, cluster)
  }
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
try {
  await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`✖ ${sentenceOf(error)}\n`)
  process.exitCode = 1
}
