import { deadLetterTopic } from '@pharos/platform/contracts/topics'
import type { DeadLetter, DeadLetterBox } from '@pharos/platform/kafka/dead-letter-store'
import { table } from '../local/progress.ts'

const NOTHING = '–'

const timeOf = (date: Date | undefined): string =>
  date === undefined || Number.isNaN(date.getTime()) ? NOTHING : date.toISOString().replace('T', ' ').slice(0, 19)

/** Headers come from outside, and a terminal obeys control characters. */
const printable = (text: string | undefined): string => (text ?? NOTHING).replaceAll(/\p{Cc}/gu, '·')

const indented = (text: string): string => text.replaceAll(/^/gm, '  ')

const countOf = ({ first, end }: DeadLetterBox): number => end - first

const HEADING = ['offset', 'since (UTC)', 'event', 'id', 'key', 'group', 'error', 'message']

const rowOf = ({ offset, at, event, key, group, error }: DeadLetter): string[] => [
  String(offset),
  timeOf(at),
  ...[event.type, event.id, key, group, error.code, error.message].map(printable),
]

/** One topic: how many, and the newest of them. */
export const renderBox = (box: DeadLetterBox, newest: readonly DeadLetter[]): string => {
  const count = countOf(box)
  const heading = `${deadLetterTopic(box.topic)}: ${count === 0 ? 'empty' : count}`
  if (count === 0) return `${heading}\n`
  const rows = indented(table([HEADING, ...newest.map(rowOf)]))
  const older = count - newest.length
  const more = older > 0 ? `\n  and ${older} older, from offset ${box.first} on` : ''
  return `${heading}\n${rows}${more}\n`
}

const pretty = (payload: string): string => {
  try {
    return JSON.stringify(JSON.parse(payload), null, 2)
  } catch {
    return payload
  }
}

/** Escapes control characters, but keeps the lines. */
const lines = (text: string): string => text.split('\n').map(printable).join('\n')

/** One dead letter with everything that is known of it. */
export const renderLetter = (topic: string, letter: DeadLetter): string => {
  const headers = Object.entries(letter.headers).map(([name, value]) => [printable(name), printable(value)])
  const head = [['offset', String(letter.offset)], ['key', printable(letter.key)], ...headers]
  return `${deadLetterTopic(topic)}\n${indented(table(head))}\n\n${indented(lines(pretty(letter.payload)))}\n`
}
