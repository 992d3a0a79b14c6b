import { say } from '../local/progress.ts'
import type { BenchSystem } from './bench-system.ts'
import { print, runCommand } from './command.ts'
import { parseOptions, type Options } from './options.ts'
import { PROBES, type ProbeName } from './probes.ts'
import { memoryTable, scenarioTable } from './report.ts'
import { measure, SECONDS_AROUND_A_SLICE, WARM_UP } from './rounds.ts'
import { inFile, save, type Result } from './save.ts'
import { SCENARIOS } from './scenarios.ts'
import { CONNECTIONS, startSession } from './session.ts'
import { commit, machine, memoryAndStart } from './surroundings.ts'
import { VARIANT_NAMES, type VariantName } from './variants.ts'

const SECONDS_OF_A_PROBE = 90

type Probed = { probe: ProbeName; variant: VariantName; figures: object }

const runProbes = async (
  probes: Options['probes'],
  { variants }: BenchSystem,
  stop: AbortSignal,
): Promise<Probed[]> => {
  const probed: Probed[] = []
  for (const { name: probe, variants: only } of probes) {
    print(`\n${probe}: ${PROBES[probe].about}`)
    for (const system of variants.filter(({ variant }) => only.includes(variant))) {
      stop.throwIfAborted()
      const { text, figures } = await PROBES[probe].run(system, say)
      print(`  ${system.variant}: ${text}`)
      probed.push({ probe, variant: system.variant, figures })
    }
  }
  return probed
}

/** What is going to happen, and how long that may take. */
const announce = ({ scenarios, probes, rounds, seconds }: Options): string => {
  const places = scenarios.reduce((sum, { variants }) => sum + variants.length, 0)
  const { parts, slices } = WARM_UP
  const secondsEach = (rounds + parts * slices) * seconds + (rounds + parts) * SECONDS_AROUND_A_SLICE
  const minutes = Math.ceil((places * secondsEach + probes.length * SECONDS_OF_A_PROBE) / 60 + 1)
  const slicesOf = places === 0 ? [] : [`${places * rounds} slices of ${seconds} s after the warm-ups`]
  return `${[...slicesOf, ...probes.map(({ name }) => name)].join(', ')}: at most about ${minutes} minutes.`
}

const main = async (options: Options, stop: AbortSignal): Promise<number> => {
  const { rounds, seconds } = options
  const about = machine()
  print(`${about.cpu}, ${about.cores} cores, Node ${about.node}, ${CONNECTIONS} connections.`)
  print(announce(options))

  const asked = [...options.scenarios, ...options.probes]
  const variants = VARIANT_NAMES.filter((name) => asked.some((each) => each.variants.includes(name)))
  const social = options.scenarios.some(({ name }) => SCENARIOS[name].social)
  const sets = variants.map((variant) => ({ name: variant, variant }))
  await using session = await startSession({ sets, social, stop })
  const { system, instruments, idleCoreShare } = session

  const results: Result[] = []
  for (const { name: scenario, variants: only } of options.scenarios) {
    const measured = await measure(instruments, system, { scenario, only, rounds, seconds, stop })
    print(scenarioTable(scenario, measured))
    results.push({ scenario, measured })
  }
  const probes = await runProbes(options.probes, system, stop)
  const memory = await memoryAndStart(system, stop)
  print(memoryTable(memory))
  const conditions = { date: new Date().toISOString(), commit: commit(), machine: about, idleCoreShare }
  const settings = { connections: CONNECTIONS, rounds, seconds }
  const report = { ...conditions, settings, scenarios: inFile(results), probes, memory }
  print(`Written to ${await save('.json', `${JSON.stringify(report, null, 2)}\n`)}`)
  return 0
}

await runCommand((stop) => main(parseOptions(process.argv.slice(2)), stop))
