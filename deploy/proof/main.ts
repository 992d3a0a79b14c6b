import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { commit, machine } from '../bench/surroundings.ts'
import { sentenceOf } from '../local/failure.ts'
import { say } from '../local/progress.ts'
import { readSettings } from '../local/settings.ts'
import { mendAll } from '../faults/inject.ts'
import { closeProof } from './closing.ts'
import { chosenFaults, createFaultsPart } from './faults/faults.ts'
import { createJoinPart } from './join/join.ts'
import { liveOf } from './live.ts'
import { parseOptions, type Options, type PartName } from './options.ts'
import { parityPart } from './parity/parity.ts'
import type { Part } from './part.ts'
import { queriesPart } from './queries/queries.ts'
import { createQuietPart } from './quiet/quiet.ts'
import { isGood, renderMarkdown, renderSummary, type PartResult, type Report } from './report.ts'
import { runSteps } from './run.ts'
import { secretsPart } from './secrets/secrets.ts'
import { signalsPart } from './signals/signals.ts'
import { openSystem, watchSystem } from './system.ts'
import { seedPeople, startTraffic } from './traffic.ts'

/** These look at what people do. */
const WITH_TRAFFIC: readonly PartName[] = ['quiet', 'queries', 'parity', 'faults']

/** `tried` takes the names of the faults that are made. @throws Failure when faults are named that there are not */
const partsOf = ({ minutes, requests, faults }: Options, tried: Set<string>): Readonly<Record<PartName, Part>> => ({
  signals: signalsPart,
  join: createJoinPart({ requests }),
  quiet: createQuietPart({ minutes }),
  queries: queriesPart,
  parity: parityPart,
  secrets: secretsPart,
  faults: createFaultsPart({ faults: chosenFaults(faults), tried }),
})

/** The first Ctrl-C repairs and writes down what there is; a second one ends at once. */
const stopController = (): AbortController => {
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stopping.signal.aborted) process.exit(130)
      say('stop', `${signal}: repairing what is broken (once more: at once, "npm run fault -- repair" does it then)`)
      stopping.abort()
    })
  }
  return stopping
}

const save = async (report: Report, folder: string): Promise<void> => {
  await writeFile(join(folder, 'proof.json'), `${JSON.stringify(report, null, 2)}\n`)
  await writeFile(join(folder, 'proof.md'), renderMarkdown(report))
}

const main = async (args: readonly string[]): Promise<number> => {
  const options = parseOptions(args)
  const tried = new Set<string>()
  const parts = partsOf(options, tried)
  const { rules, keep, rate } = options
  const settings = readSettings(process.env)
  const begun = new Date()
  const folder = join(settings.home, 'proof', begun.toISOString().replaceAll(/[:.]/g, '-'))
  const stopping = stopController()
  const { signal } = stopping
  const place = { folder, say, signal }
  const { loadAverage: _, ...where } = machine()
  const conditions = { date: begun.toISOString(), commit: commit(), machine: where, rules }
  const reportOf = (results: readonly PartResult[]): Report => {
    const seconds = Math.round((Date.now() - begun.getTime()) / 1000)
    return { ...conditions, seconds, stopped: signal.aborted, parts: results }
  }

  await using _system = await openSystem({ ...place, settings, rules, keep })
  await mkdir(folder, { recursive: true })
  using _watched = watchSystem(settings, () => {
    if (!signal.aborted) say('system', 'it has ended, and with it the proof')
    stopping.abort()
  })
  await using traffic = new AsyncDisposableStack()
  let isBusy = false
  const beginTraffic = async (): Promise<void> => {
    if (isBusy) return
    await seedPeople(place)
    traffic.use(await startTraffic({ ...place, rate }))
    isBusy = true
  }
  const live = liveOf(settings, { rules, folder, signal })
  const mended = await mendAll(live)
  if (mended.length > 0) say('repair', `an earlier run left this broken: ${mended.join(', ')}`)
  const steps = options.parts.map((name) => ({ part: parts[name], traffic: WITH_TRAFFIC.includes(name) }))
  const results = await runSteps(steps, live, {
    now: () => Date.now(),
    beginTraffic,
    save: (soFar) => save(reportOf(soFar), folder),
  })
  const report = reportOf(await closeProof(live, { results, from: begun.getTime() / 1000, tried }))
  await save(report, folder)
  process.stdout.write(`\n${renderSummary(report)}\n\nWritten to ${folder}\n\n`)
  return isGood(report) ? 0 : 1
}

// A terminal that is gone must not end us before everything is repaired.
process.stdout.on('error', () => {})
try {
  process.exit(await main(process.argv.slice(2)))
} catch (error) {
  const wasStopped = error instanceof Error && error.name === 'AbortError'
  process.stderr.write(`✖ ${wasStopped ? 'Stopped before anything was proven.' : sentenceOf(error)}\n`)
  process.exit(1)
}
