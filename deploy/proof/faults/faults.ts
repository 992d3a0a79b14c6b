import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Fault } from '../../faults/fault.ts'
import { MATRIX } from '../../faults/matrix/all.ts'
import { Failure, sentenceOf } from '../../local/failure.ts'
import { readRunState } from '../../local/run-state.ts'
import type { Finding, Live, Part, Proof } from '../part.ts'
import { duration } from '../report.ts'
import { blamed, detections, medianOf, strayAlarms, type JudgedTrial } from './judge.ts'
import { readInhibitions } from './inhibitions.ts'
import { readRules, whyNot } from './needs.ts'
import { spreadOut } from './order.ts'
import { openTrialPort } from './port.ts'
import { faultFigures, faultLine, faultMarkdown, faultTable } from './render.ts'
import type { Stage } from './stage.ts'
import { limitsOf } from './trial.ts'
import { tryFault, untilOver } from './try-fault.ts'

/** The bar for hard faults with the rules as they are. */
const DETECTION_SECONDS = 90
/** Before the first fault has shown how long one takes. */
const USUAL_SECONDS = 45

/** What came of a fault: a trial, or why there was none. */
type Result = { fault: Fault; trial?: JudgedTrial; notTried?: string }

/** The faults of these names, all without any. @throws Failure that names one that there is not */
export const chosenFaults = (names: readonly string[] | undefined): readonly Fault[] => {
  const unknown = names?.find((name) => MATRIX.every((fault) => fault.name !== name))
  if (unknown !== undefined) throw new Failure(`There is no fault "${unknown}": "npm run fault -- list" names them.`)
  return MATRIX.filter(({ name }) => names === undefined || names.includes(name))
}

const trialsOf = (results: readonly Result[]): JudgedTrial[] => results.flatMap(({ trial }) => trial ?? [])

const save = async ({ folder, rules }: Live, results: readonly Result[]): Promise<void> => {
  const trials = trialsOf(results)
  const untried = results.flatMap(({ fault, notTried }) =>
    notTried === undefined ? [] : [{ fault: fault.name, notTried }],
  )
  await writeFile(join(folder, 'faults.json'), `${JSON.stringify({ rules, trials, untried }, null, 2)}\n`)
  await writeFile(join(folder, 'faults.md'), faultMarkdown(trials, rules))
}

const findingOf = ({ fault, trial, notTried }: Result): Finding => {
  const what = `${fault.name}: ${fault.breaks}`
  if (trial === undefined) return { what, verdict: 'not proven', detail: notTried ?? 'it was not tried' }
  const { verdict, reasons } = trial
  return { what, verdict, ...(reasons.length > 0 && { detail: reasons.join('; ') }) }
}

const detectionFinding = (trials: readonly JudgedTrial[]): Finding => {
  const what = `a hard fault fires within ${DETECTION_SECONDS} s, in the median`
  const median = medianOf(detections(trials))
  if (median === undefined) return { what, verdict: 'not proven', detail: 'none was tried' }
  return { what, verdict: median <= DETECTION_SECONDS ? 'proven' : 'failed', detail: `${Math.round(median)} s` }
}

/** Gives what was delivered after a fault was over to that fault; what came before the first one is nobody's. */
const blame = (earlier: readonly Result[], early: JudgedTrial['early'], stray: string[]): void => {
  const last = earlier.findLast(({ trial }) => trial !== undefined)
  if (last?.trial === undefined) return void stray.push(...strayAlarms(early, []))
  const { fault } = last
  last.trial = blamed(last.trial, strayAlarms(early, [...fault.alerts, ...(fault.mayFire ?? [])]))
}

type Chosen = {
  /** Those that are tried. */
  faults: readonly Fault[]
  /** Takes the names of those that were. */
  tried: Set<string>
}

const isDone = ({ trial, notTried }: Result): boolean => trial !== undefined || notTried !== undefined

const tryAll = async (live: Live, tried: Set<string>, results: readonly Result[], stray: string[]): Promise<void> => {
  const portFor = await openTrialPort(live)
  const known = await readRules()
  const begun = Date.now()
  const say = (words: string): void => live.say('faults', `${results.filter(isDone).length}/${results.length} ${words}`)
  const ended = async (trial: JudgedTrial): Promise<void> => {
    const place = results.findIndex(({ fault }) => fault.name === trial.fault)
    const result = results[place]
    if (result) result.trial = trial
    blame(results.slice(0, place), trial.early, stray)
    const used = (Date.now() - begun) / 1000
    const left = (used / trialsOf(results).length) * results.filter((each) => !isDone(each)).length
    say(`${faultLine(trial)} (${duration(used)} used, about ${duration(left)} left)`)
    await save(live, results)
  }
  const holdsBack = await readInhibitions()
  const stage: Stage = { limits: limitsOf(live.rules), holdsBack, ended, made: [], lookedAt: begun }
  for (const result of results) {
    const { fault } = result
    live.signal.throwIfAborted()
    const run = { parts: readRunState(live.settings.home)?.parts ?? [], given: live.settings.backEnds }
    const notTried = whyNot(fault, known, run)
    if (notTried === undefined) {
      tried.add(fault.name)
      await tryFault(fault, portFor(fault), stage)
    } else {
      result.notTried = notTried
      say(`${fault.name} not proven: ${notTried}`)
    }
  }
  const last = stage.made.at(-1)
  if (last) blame(results, await untilOver(portFor(last.fault), stage), stray)
}

const prove = async (live: Live, { faults, tried }: Chosen): Promise<Proof> => {
  live.say('faults', `${faults.length} faults, about ${duration(faults.length * USUAL_SECONDS)}`)
  const results = spreadOut(faults).map((fault): Result => ({ fault }))
  const stray: string[] = []
  let fault: string | undefined
  try {
    await tryAll(live, tried, results, stray)
  } catch (error) {
    if (!live.signal.aborted) fault = sentenceOf(error)
  }
  for (const each of results) if (!isDone(each)) each.notTried = fault ?? 'stopped'
  await save(live, results)
  const trials = trialsOf(results)
  return {
    findings: [
      ...results.map(findingOf),
      ...(stray.length === 0
        ? []
        : [{ what: 'nothing is told before the first fault', verdict: 'failed' as const, detail: stray.join(', ') }]),
      ...(fault === undefined
        ? []
        : [{ what: 'the faults came to their end', verdict: 'failed' as const, detail: fault }]),
      ...(live.rules === 'real' ? [detectionFinding(trials)] : []),
    ],
    figures: faultFigures(trials),
    table: faultTable(trials),
  }
}

/** Each fault is made, seen, told, repaired and over. */
export const createFaultsPart = (chosen: Chosen): Part => ({
  name: 'faults',
  claim:
    'Whatever breaks is seen at once, whoever is on call is told of the cause and of nothing else, and all is well after the repair.',
  prove: (live) => prove(live, chosen),
})
