import type { Fault } from '../../faults/fault.ts'
import { unrestOf } from './calm.ts'
import { called, judgeTrial, type Told, type Trial } from './judge.ts'
import { secondsAfter, type Made } from './made.ts'
import { lookAround, wordsOf, type Stage } from './stage.ts'
import type { Limits, TrialPort } from './trial.ts'

const newTrial = (fault: Fault, { alertSeconds }: Limits): Trial => ({
  fault: fault.name,
  hard: fault.hard,
  alerts: fault.alerts.map(({ alert, service, withinSeconds }) => ({
    alert,
    service,
    withinSeconds: alertSeconds(withinSeconds),
  })),
  inhibited: [],
  followed: [],
  falseAlarms: [],
  brokenLinks: [],
  early: [],
})

const secondsSince = (port: TrialPort, time: number): number => (port.now() - time) / 1000

const distinct = (told: readonly Told[]): Told[] => [...new Map(told.map((each) => [called(each), each])).values()]

const isWaitedFor = ({ repairedAt, isJudged }: Made): boolean => repairedAt !== undefined && isJudged !== true

/** Waits until nothing is wrong that could be mixed up with a fault; says what is, when that takes too long. */
const untilCalm = async (trial: Trial, fault: Fault, port: TrialPort, stage: Stage): Promise<string[]> => {
  const { calmSeconds, pendingSeconds } = stage.limits
  const begun = port.now()
  const since = stage.lookedAt
  let aloneSince = begun
  for (;;) {
    const look = await lookAround(stage, port, { since })
    const { hard, soft } = look
      ? unrestOf(fault, look, stage)
      : { hard: [`nothing to see: ${stage.lookFailed}`], soft: [] }
    // What is delivered now belongs to nobody's fault, or to one that is over.
    trial.early = distinct([...trial.early, ...(look?.ownerless ?? [])])
    if (hard.length === 0 && (soft.length === 0 || secondsSince(port, begun) > pendingSeconds)) return []
    // The time that a tail takes is its own.
    if (stage.made.some(isWaitedFor)) aloneSince = port.now()
    if (secondsSince(port, aloneSince) > calmSeconds) return [...hard, ...soft]
    await port.pause()
  }
}

/** Looks until all that the fault promises has been seen, or its time is over. */
const untilShown = async (current: Made, port: TrialPort, stage: Stage): Promise<void> => {
  const { trial, injectedAt } = current
  const longest = Math.max(...trial.alerts.map(({ withinSeconds }) => withinSeconds))
  for (;;) {
    await lookAround(stage, port, { current })
    const isShown = trial.sliMoved !== undefined && trial.alerts.every(({ delivered }) => delivered !== undefined)
    if (isShown || secondsSince(port, injectedAt) > longest) return
    await port.pause()
  }
}

/** Looks until everything is ready; says what is not, when that takes too long. */
const untilReady = async (current: Made, port: TrialPort, stage: Stage, repairedAt: number): Promise<string[]> => {
  for (;;) {
    const look = await lookAround(stage, port, { current })
    if (look?.away.length === 0) return []
    if (secondsSince(port, repairedAt) > stage.limits.recoverSeconds) {
      return look ? look.away.map((name) => `${name} is not ready`) : [`nothing to see: ${stage.lookFailed}`]
    }
    await port.pause()
  }
}

/**
 * Breaks one thing, sees what shows it and who is told, repairs it and sees everything become ready. Its alerts are then its
 * tail, which later looks see to its end. It never leaves anything broken, whatever is thrown.
 * @throws what `pause` throws when the proof is stopped, after the repair
 */
export const tryFault = async (fault: Fault, port: TrialPort, stage: Stage): Promise<void> => {
  const trial = newTrial(fault, stage.limits)
  const unrest = await untilCalm(trial, fault, port, stage)
  if (unrest.length > 0) return stage.ended(judgeTrial(trial, { unmade: `before it ${unrest.join(', ')}` }))
  const current: Made = { fault, trial, injectedAt: port.now(), left: [], checked: new Set() }
  let injected: { repair(): Promise<void> }
  try {
    injected = await port.inject()
  } catch (error) {
    return stage.ended(judgeTrial(trial, { unmade: wordsOf(error) }))
  }
  stage.made.push(current)
  try {
    await untilShown(current, port, stage)
  } finally {
    await injected.repair().catch((error: unknown) => {
      current.left.push(`it could not be repaired: ${wordsOf(error)}`)
    })
  }
  const repairedAt = port.now()
  trial.repairedAfter = secondsAfter(current, repairedAt)
  current.left.push(...(await untilReady(current, port, stage, repairedAt)))
  current.repairedAt = repairedAt
}

/** Looks until every tail has come to its end, and says what was delivered of no fault meanwhile. */
export const untilOver = async (port: TrialPort, stage: Stage): Promise<Told[]> => {
  const since = stage.lookedAt
  let ownerless: Told[] = []
  while (stage.made.some(isWaitedFor)) {
    const look = await lookAround(stage, port, { since })
    ownerless = distinct([...ownerless, ...(look?.ownerless ?? [])])
    if (stage.made.some(isWaitedFor)) await port.pause()
  }
  return ownerless
}
