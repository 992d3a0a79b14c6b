import { parseArgs } from 'node:util'
import { Failure } from '../../local/failure.ts'
import { listOf, wholeNumber } from '../options.ts'
import { SCENARIO_NAMES, SCENARIOS, type ScenarioName } from '../scenarios.ts'

/** What the three services that are started can be asked. */
const ASKABLE = SCENARIO_NAMES.filter((name) => !SCENARIOS[name].social)

const USAGE = `Usage: npm run bench:telemetry -- [options]
  --against [commit]  compares the checkout with that commit (HEAD^), "off" and "all" of both
  --scenarios a,b     ${ASKABLE.join(', ')} (profile)
  --rounds n          measured slices of each variant (9; 21 with --against)
  --seconds s         length of a slice (2)`

const PREVIOUS = 'HEAD^'

export type TelemetryOptions = {
  /** The commit to compare with, as it was written. */
  against: string | undefined
  scenarios: readonly ScenarioName[]
  rounds: number
  seconds: number
}

/** `--against` alone means the commit before. */
const withCommit = (args: readonly string[]): string[] =>
  args.map((arg, place) => {
    const next = args[place + 1]
    return arg === '--against' && (next === undefined || next.startsWith('-')) ? `--against=${PREVIOUS}` : arg
  })

const read = (args: readonly string[]) => {
  try {
    const text = { type: 'string' } as const
    return parseArgs({
      args: withCommit(args),
      options: { against: text, scenarios: text, rounds: text, seconds: text },
    }).values
  } catch (error) {
    throw new Failure(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`, { cause: error })
  }
}

/** What to measure, from the command line; throws a Failure that names the option at fault. */
export const parseTelemetryOptions = (args: readonly string[]): TelemetryOptions => {
  const { against, scenarios, rounds, seconds } = read(args)
  if (against === '') throw new Failure('--against is empty: it takes a commit, a branch or a tag.')
  return {
    against,
    scenarios: listOf('--scenarios', scenarios, ASKABLE) ?? ['profile'],
    rounds: wholeNumber('--rounds', rounds, against === undefined ? 9 : 21),
    seconds: wholeNumber('--seconds', seconds, 2),
  }
}

/** The command that measures the same again. */
export const commandOf = ({ against, scenarios, rounds, seconds }: TelemetryOptions): string => {
  const chosen = scenarios.join(',')
  const words = [
    ...(against === undefined ? [] : [`--against ${against}`]),
    ...(chosen === 'profile' ? [] : [`--scenarios ${chosen}`]),
    `--rounds ${rounds} --seconds ${seconds}`,
  ]
  return `npm run bench:telemetry -- ${words.join(' ')}`
}
