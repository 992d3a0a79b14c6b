import { parseArgs } from 'node:util'
import { Failure } from '../local/failure.ts'

/** The parts in the order in which they run. */
export const PART_NAMES = ['signals', 'join', 'quiet', 'queries', 'parity', 'secrets', 'faults'] as const
export type PartName = (typeof PART_NAMES)[number]

export type Options = {
  parts: readonly PartName[]
  rules: 'real' | 'fast'
  /** Leaves a system running that was started for the proof. */
  keep: boolean
  /** How long nothing may happen. */
  minutes: number
  /** How many requests have to be found again. */
  requests: number
  /** Requests per second of the traffic beside. */
  rate: number
  /** Names of faults; undefined: all. */
  faults: readonly string[] | undefined
}

const USAGE = `Usage: npm run proof -- [part …] [options]
  part             ${PART_NAMES.join(', ')} (all)
  --real           the rules of alerts as they are; else with windows of a sixth
  --keep           leaves the system running that was started for this
  --minutes n      how long nothing may happen in "quiet" (30)
  --requests n     requests that "join" sends and finds again (1000)
  --rate n         requests per second of the traffic beside (12)
  --faults a,b     these faults alone ("npm run fault -- list" names them)`

const read = (args: readonly string[]) => {
  try {
    const text = { type: 'string' } as const
    const flag = { type: 'boolean', default: false } as const
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { real: flag, keep: flag, minutes: text, requests: text, rate: text, faults: text },
    })
  } catch (error) {
    throw new Failure(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`, { cause: error })
  }
}

const wholeNumber = (option: string, text: string | undefined, fallback: number): number => {
  if (text === undefined) return fallback
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new Failure(`--${option} is "${text}", but it takes a whole number from 1.`)
}

const partsOf = (words: readonly string[]): readonly PartName[] => {
  const unknown = words.find((word) => !PART_NAMES.some((name) => name === word))
  if (unknown !== undefined) throw new Failure(`There is no part "${unknown}", only ${PART_NAMES.join(', ')}.`)
  return PART_NAMES.filter((name) => words.length === 0 || words.includes(name))
}

const faultsOf = (text: string | undefined, parts: readonly PartName[]): readonly string[] | undefined => {
  if (text === undefined) return undefined
  if (!parts.includes('faults')) throw new Failure('--faults names faults, but the part "faults" is not asked for.')
  const names = text.split(',').map((name) => name.trim())
  if (names.includes('')) throw new Failure('--faults takes a comma list of names ("npm run fault -- list").')
  return names
}

/** What to prove, from the command line; throws a Failure that names the word at fault. */
export const parseOptions = (args: readonly string[]): Options => {
  const { values, positionals } = read(args)
  // Who names faults and nothing else wants these faults, not everything.
  const parts = partsOf(positionals.length === 0 && values.faults !== undefined ? ['faults'] : positionals)
  return {
    parts,
    rules: values.real ? 'real' : 'fast',
    keep: values.keep,
    minutes: wholeNumber('minutes', values.minutes, 30),
    requests: wholeNumber('requests', values.requests, 1000),
    rate: wholeNumber('rate', values.rate, 12),
    faults: faultsOf(values.faults, parts),
  }
}
