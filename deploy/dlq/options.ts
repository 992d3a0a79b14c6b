import { parseArgs } from 'node:util'
import { topics } from '@pharos/platform/contracts/topics'
import { Failure } from '../local/failure.ts'

const USAGE = `Usage: npm run dlq:list [-- <topic>] [-- --newest n]      what could not be handled, by topic (50 of each)
       npm run dlq:show -- <topic> <offset>             one of them: headers and payload
       npm run dlq:replay -- <topic> [offset] [--old]   publishes all of a topic again, or one

A topic may be given short: "users" is pharos.users.v1, whose dead letters are in pharos.users.v1.dlq.`

export type Command =
  | { verb: 'list'; topic: string | undefined; newest: number }
  | { verb: 'show'; topic: string; offset: number }
  | { verb: 'replay'; topic: string; offset: number | undefined; old: boolean }

const OFFSET = /^\d{1,15}$/

/** The name of the topic that the events were in: of `users`, `pharos.users.v1` and `pharos.users.v1.dlq` alike. */
export const topicOf = (given: string): string => {
  const names = Object.entries(topics).map(([short, { name }]) => ({ short, name }))
  const found = names.find(({ short, name }) => [short, name].includes(given.replace(/\.dlq$/, '')))
  if (found !== undefined) return found.name
  throw new Failure(`There is no topic "${given}", only ${names.map(({ short }) => short).join(', ')}.`)
}

const offsetOf = (given: string): number => {
  if (OFFSET.test(given)) return Number(given)
  throw new Failure(`"${given}" is no offset: it is the number in the first column of "npm run dlq:list".`)
}

const newestOf = (given: string): number => {
  if (/^[1-9]\d{0,4}$/.test(given)) return Number(given)
  throw new Failure(`--newest is "${given}", but it takes a whole number from 1 to 99999.`)
}

const read = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { newest: { type: 'string', default: '50' }, old: { type: 'boolean', default: false } },
    })
  } catch (error) {
    throw new Failure(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`, { cause: error })
  }
}

/** What to do, from the command line; throws a Failure that says how to ask. */
export const parseCommand = (args: readonly string[]): Command => {
  const {
    values: { newest, old },
    positionals: [verb, topic, offset, ...others],
  } = read(args)
  if (others.length > 0) throw new Failure(USAGE)
  if (verb === 'list' && offset === undefined) {
    return { verb, topic: topic === undefined ? undefined : topicOf(topic), newest: newestOf(newest) }
  }
  if (verb === 'show' && topic !== undefined && offset !== undefined) {
    return { verb, topic: topicOf(topic), offset: offsetOf(offset) }
  }
  if (verb === 'replay' && topic !== undefined) {
    return { verb, topic: topicOf(topic), offset: offset === undefined ? undefined : offsetOf(offset), old }
  }
  throw new Failure(USAGE)
}
