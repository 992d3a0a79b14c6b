import { join } from 'node:path'
import { say } from '../../local/progress.ts'
import type { ServiceName } from '../../local/services.ts'
import { ROOT } from '../../local/settings.ts'
import { print, runCommand } from '../command.ts'
import { measure, SECONDS_AROUND_A_SLICE, WARM_UP } from '../rounds.ts'
import { inFile, save, type Result } from '../save.ts'
import { CONNECTIONS, startSession, type Session } from '../session.ts'
import { commit, machine, memoryAndStart } from '../surroundings.ts'
import { VARIANT_NAMES } from '../variants.ts'
import { COMPARED } from './judge.ts'
import { commandOf, parseTelemetryOptions, type TelemetryOptions } from './options.ts'
import { markdownOf, seenLayers, seenRise, type Seen } from './report.ts'
import { openWorktree } from './worktree.ts'

/** What the scenarios need: fewer processes that wait leave more of the machine to what is measured. */
const SERVICES: readonly ServiceName[] = ['gateway', 'users', 'auth']
const LAYERS = VARIANT_NAMES.filter((name) => name !== 'grown')
const STARTS = 3

/** To start a set and fill its stores, to restart users, and to stop it. */
const SECONDS_AROUND_A_SET = 22

const announce = ({ rounds, seconds, scenarios }: TelemetryOptions, sets: number): void => {
  const { cpu, cores, node } = machine()
  const each = rounds * (seconds + SECONDS_AROUND_A_SLICE) + WARM_UP.slices * seconds + SECONDS_AROUND_A_SLICE
  const minutes = Math.ceil((sets * (scenarios.length * each + SECONDS_AROUND_A_SET)) / 60)
  print(`${cpu}, ${cores} cores, Node ${node}, ${CONNECTIONS} connections.`)
  print(`${sets} sets of services, ${rounds} rounds of ${seconds} s each: about ${minutes} minutes.`)
}

const measureAll = async (session: Session, options: TelemetryOptions, stop: AbortSignal): Promise<Result[]> => {
  const { rounds, seconds } = options
  const results: Result[] = []
  for (const scenario of options.scenarios) {
    const o = { scenario, only: LAYERS, rounds, seconds, stop }
    results.push({ scenario, measured: await measure(session.instruments, session.system, o) })
  }
  return results
}

/** Shows what was seen, writes it with `more` and every slice, and gives the exit code. */
const conclude = async (
  all: readonly Seen[],
  o: { session: Session; options: TelemetryOptions; results: readonly Result[]; more: object },
): Promise<number> => {
  for (const { terminal } of all) print(terminal)
  const [date, about, checkout] = [new Date().toISOString(), machine(), commit()]
  const command = commandOf(o.options)
  const where = [date.slice(0, 10), about.cpu, `${about.cores} cores`, `Node ${about.node}`, `commit ${checkout}`]
  const markdown = markdownOf([...where, `\`${command}\``], all)
  const { idleCoreShare } = o.session
  const conditions = { date, commit: checkout, command, machine: about, idleCoreShare, connections: CONNECTIONS }
  const report = { ...conditions, services: SERVICES, ...o.more, scenarios: inFile(o.results) }
  print(`\nMarkdown to paste: ${await save('-telemetry.md', `${markdown}\n`)}`)
  print(`Every slice: ${await save('-telemetry.json', `${JSON.stringify(report, null, 2)}\n`)}`)
  return all.every(({ passed }) => passed) ? 0 : 1
}

const layers = async (options: TelemetryOptions, stop: AbortSignal): Promise<number> => {
  const sets = LAYERS.map((variant) => ({ name: variant, variant }))
  announce(options, sets.length)
  await using session = await startSession({ sets, services: SERVICES, social: false, stop })
  const results = await measureAll(session, options, stop)
  const memory = await memoryAndStart(session.system, stop, STARTS)
  const all = results.map((result) => seenLayers(result, memory))
  return await conclude(all, { session, options, results, more: { memory } })
}

const compare = async (options: TelemetryOptions, against: string, stop: AbortSignal): Promise<number> => {
  announce(options, COMPARED.length)
  await using other = await openWorktree(ROOT, against, { say, stop })
  const sets = COMPARED.map(({ name, variant, before }) => ({ name, variant, root: before ? other.root : ROOT }))
  // What is compiled for a folder that is new each time would stay in the cache for ever.
  const env = { NODE_COMPILE_CACHE: join(other.root, '.compiled') }
  await using session = await startSession({ sets, services: SERVICES, env, social: false, stop })
  const results = await measureAll(session, options, stop)
  const all = results.map((result) => seenRise(result, other.commit))
  return await conclude(all, { session, options, results, more: { before: other.commit } })
}

const main = (options: TelemetryOptions, stop: AbortSignal): Promise<number> =>
  options.against === undefined ? layers(options, stop) : compare(options, options.against, stop)

await runCommand((stop) => main(parseTelemetryOptions(process.argv.slice(2)), stop))
