import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sentenceOf } from '../local/failure.ts'
import { say } from '../local/progress.ts'
import { ROOT } from '../local/settings.ts'
import { temporaryHome } from '../local/temporary-home.ts'
import { startBenchSystem, type BenchSystem } from './bench-system.ts'
import type { Load, LoadResult } from './load-process.ts'
import { parseOptions, type Options } from './options.ts'
import { PROBES, type ProbeName } from './probes.ts'
import { memoryTable, scenarioTable, summarise, type Measured } from './report.ts'
import { measure, WARM_UP } from './rounds.ts'
import { SCENARIOS, type ScenarioName } from './scenarios.ts'
import type { Received } from './sink-process.ts'
import { commit, idleShare, machine, memoryAndStart } from './surroundings.ts'
import { VARIANT_NAMES, VARIANTS, type VariantName } from './variants.ts'
import { startWorker } from './worker.ts'

const CONNECTIONS = 16
const SECONDS_AROUND_A_SLICE = 2.5
const SECONDS_OF_A_PROBE = 90

const print = (text: string): void => void process.stdout.write(`${text}\n`)

const save = async (report: object): Promise<string> => {
  const folder = join(ROOT, '.pharos/bench')
  const file = join(folder, `${new Date().toISOString().replaceAll(/[:.]/g, '-')}.json`)
  await mkdir(folder, { recursive: true })
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`)
  return file
}

const inFile = (results: readonly { scenario: ScenarioName; measured: readonly Measured[] }[]) =>
  results.map(({ scenario, measured }) => ({
    scenario,
    variants: measured.map(({ variant, slices }) => ({
      variant,
      env: VARIANTS[variant].env,
      summary: summarise(slices),
      rounds: slices,
    })),
  }))

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

const main = async (options: Options, stop: AbortSignal): Promise<void> => {
  const { rounds, seconds } = options
  const about = machine()
  print(`${about.cpu}, ${about.cores} cores, Node ${about.node}, ${CONNECTIONS} connections.`)
  print(announce(options))

  await using home = await temporaryHome()
  await using load = await startWorker<Load, LoadResult>(new URL('load-process.ts', import.meta.url))
  await using sink = await startWorker<'received', Received>(new URL('sink-process.ts', import.meta.url))
  const asked = [...options.scenarios, ...options.probes]
  const variants = VARIANT_NAMES.filter((name) => asked.some((each) => each.variants.includes(name)))
  const { port: sinkPort } = await sink.ask('received')
  const social = options.scenarios.some(({ name }) => SCENARIOS[name].social)
  const place = { home: home.path, sinkPort, say }
  await using system = await startBenchSystem({ ...place, variants, social, connections: CONNECTIONS })
  const idleCoreShare = await idleShare(system)
  say(
    'idle',
    `${variants.length} sets of services and their stores use ${(idleCoreShare * 100).toFixed(1)} % of a core`,
  )

  const instruments = { load, sink, connections: CONNECTIONS }
  const results: { scenario: ScenarioName; measured: Measured[] }[] = []
  for (const { name: scenario, variants: only } of options.scenarios) {
    const measured = await measure(instruments, system, { scenario, only, rounds, seconds, stop })
    print(scenarioTable(scenario, measured))
    results.push({ scenario, measured })
  }
  const probes = await runProbes(options.probes, system, stop)
  const memory = await memoryAndStart(system)
  print(memoryTable(memory))
  const conditions = { date: new Date().toISOString(), commit: commit(), machine: about, idleCoreShare }
  const settings = { connections: CONNECTIONS, rounds, seconds }
  print(`Written to ${await save({ ...conditions, settings, scenarios: inFile(results), probes, memory })}`)
}

const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(130)
    print('Stopping after this slice; once more stops at once.')
    stopping.abort()
  })
}
try {
  await main(parseOptions(process.argv.slice(2)), stopping.signal)
} catch (error) {
  if (!stopping.signal.aborted) process.stderr.write(`✖ ${sentenceOf(error)}\n`)
  process.exitCode = stopping.signal.aborted ? 130 : 1
}
