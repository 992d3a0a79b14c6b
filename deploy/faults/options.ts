import { parseArgs } from 'node:util'
import { Failure } from '../local/failure.ts'
import type { Fault } from './fault.ts'
import { MATRIX } from './matrix/all.ts'

const USAGE = `Usage: npm run fault -- list                    what can be broken, and which alert tells
       npm run fault -- <name> --show           where it shows, who is told, how it is done
       npm run fault -- <name> [--seconds n]    breaks it, says what is seen, mends it (120)
       npm run fault -- repair                  mends what was left broken`

const GAMEDAY = `Usage: npm run gameday [-- options]
  --seed n       the same number breaks the same thing (by chance)
  --seconds n    how long, at most (600)
  --answer n     the cause, from 1 to 5, once the first alert has come; without it you are asked`

export type Command =
  | { verb: 'list' }
  | { verb: 'repair' }
  | { verb: 'show'; fault: Fault }
  | { verb: 'break'; fault: Fault; seconds: number }

const SECONDS = 120
const GAMEDAY_SECONDS = 600

const numberOf = (option: string, text: string | undefined, fallback: number, least = 1): number => {
  if (text === undefined) return fallback
  if (/^\d{1,7}$/.test(text) && Number(text) >= least) return Number(text)
  throw new Failure(`--${option} is "${text}", but it takes a whole number from ${least}.`)
}

/** How many letters have to change to make one of the other. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, place) => place)
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1]
    for (const [j, other] of Array.from(b).entries()) {
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (letter === other ? 0 : 1)))
    }
    row = next
  }
  return row.at(-1) ?? 0
}

/** @throws Failure that names the fault that was perhaps meant */
export const faultNamed = (name: string, faults: readonly Fault[] = MATRIX): Fault => {
  const found = faults.find((each) => each.name === name)
  if (found !== undefined) return found
  const near = faults
    .map((each) => ({ name: each.name, away: distance(each.name, name) }))
    .toSorted((a, b) => a.away - b.away)[0]
  const meant = near !== undefined && near.away <= 5 ? ` Was "${near.name}" meant?` : ''
  throw new Failure(`There is no fault "${name}".${meant} "npm run fault -- list" names them all.`)
}

const read = <T>(usage: string, parse: () => T): T => {
  try {
    return parse()
  } catch (error) {
    throw new Failure(`${error instanceof Error ? error.message : String(error)}\n${usage}`, { cause: error })
  }
}

/** What to do, from the command line; throws a Failure that says how to ask. */
export const parseCommand = (args: readonly string[]): Command => {
  const { values, positionals } = read(USAGE, () =>
    parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { show: { type: 'boolean', default: false }, seconds: { type: 'string' } },
    }),
  )
  const [name, ...others] = positionals
  if (name === undefined || others.length > 0) throw new Failure(USAGE)
  if (name === 'list' || name === 'repair') return { verb: name }
  const fault = faultNamed(name)
  if (values.show) return { verb: 'show', fault }
  return { verb: 'break', fault, seconds: numberOf('seconds', values.seconds, SECONDS) }
}

export type Gameday = { seed: number | undefined; seconds: number; answer: number | undefined }

/** How a game day is played, from the command line; throws a Failure that names the option at fault. */
export const parseGameday = (args: readonly string[]): Gameday => {
  const text = { type: 'string' } as const
  const { values } = read(GAMEDAY, () =>
    parseArgs({ args: [...args], options: { seed: text, seconds: text, answer: text } }),
  )
  const answer = values.answer === undefined ? undefined : numberOf('answer', values.answer, 1)
  if (answer !== undefined && answer > 5) throw new Failure(`--answer is "${answer}", but there are five causes.`)
  return {
    seed: values.seed === undefined ? undefined : numberOf('seed', values.seed, 0, 0),
    seconds: numberOf('seconds', values.seconds, GAMEDAY_SECONDS),
    answer,
  }
}
