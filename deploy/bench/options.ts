import { parseArgs } from 'node:util'
import { Failure } from '../local/failure.ts'
import { PROBE_NAMES, type ProbeName } from './probes.ts'
import { SCENARIO_NAMES, SCENARIOS, type ScenarioName } from './scenarios.ts'
import { VARIANT_NAMES, type VariantName } from './variants.ts'

const USAGE = `Usage: npm run bench -- [options]
  --scenarios a,b   ${SCENARIO_NAMES.join(', ')}, and
                    ${PROBE_NAMES.join(', ')}, which are no slices (all)
  --variants x,y    ${VARIANT_NAMES.join(', ')} (each scenario has its own choice)
  --rounds n        measured slices of each variant (5)
  --seconds s       length of a slice (4)
  --quick           two rounds of two seconds, "off" and "all" only: a look, not a measurement`

export type Options = {
  scenarios: readonly { name: ScenarioName; variants: readonly VariantName[] }[]
  probes: readonly { name: ProbeName; variants: readonly VariantName[] }[]
  rounds: number
  seconds: number
}

const MEASURABLE: readonly (ScenarioName | ProbeName)[] = [...SCENARIO_NAMES, ...PROBE_NAMES]

/** The words of a comma list, in the order of those that are known; throws a Failure for any other. */
export const listOf = <T extends string>(
  option: string,
  text: string | undefined,
  known: readonly T[],
): readonly T[] | undefined => {
  if (text === undefined) return undefined
  const words = text.split(',').map((word) => word.trim())
  const unknown = words.find((word) => !known.some((name) => name === word))
  if (unknown !== undefined)
    throw new Failure(`${option} does not know "${unknown}": it takes a comma list of ${known.join(', ')}.`)
  return known.filter((name) => words.includes(name))
}

/** The number, or `fallback` when none is given; throws a Failure for anything but a whole number from 1. */
export const wholeNumber = (option: string, text: string | undefined, fallback: number): number => {
  if (text === undefined) return fallback
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text)
  throw new Failure(`${option} is "${text}", but it takes a whole number from 1.`)
}

const read = (args: readonly string[]) => {
  try {
    const text = { type: 'string' } as const
    return parseArgs({
      args: [...args],
      options: { scenarios: text, variants: text, rounds: text, seconds: text, quick: { type: 'boolean' } },
    }).values
  } catch (error) {
    throw new Failure(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`, { cause: error })
  }
}

/** What to measure, from the command line; throws a Failure that names the option at fault. */
export const parseOptions = (args: readonly string[]): Options => {
  const given = read(args)
  const quick = given.quick === true
  const variants =
    listOf('--variants', given.variants, VARIANT_NAMES) ?? (quick ? (['off', 'all'] as const) : undefined)
  const chosen = listOf('--scenarios', given.scenarios, MEASURABLE) ?? MEASURABLE
  const scenarios = SCENARIO_NAMES.filter((name) => chosen.includes(name))
  const probes = PROBE_NAMES.filter((name) => chosen.includes(name))
  return {
    scenarios: scenarios.map((name) => ({ name, variants: variants ?? SCENARIOS[name].variants })),
    probes: probes.map((name) => ({ name, variants: listOf('--variants', given.variants, VARIANT_NAMES) ?? ['all'] })),
    rounds: wholeNumber('--rounds', given.rounds, quick ? 2 : 5),
    seconds: wholeNumber('--seconds', given.seconds, quick ? 2 : 4),
  }
}
