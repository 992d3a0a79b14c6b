import { called, judgeTrial, type JudgedTrial, type Told } from './judge.ts'
import type { HoldsBack } from './inhibitions.ts'
import {
  noteAlerts,
  noteIndicator,
  openOf,
  ownerOfDelivered,
  ownerOfSeen,
  secondsAfter,
  untoldOf,
  type Made,
  type Share,
} from './made.ts'
import type { Delivered, Limits, Look, TrialPort } from './trial.ts'

/** What the faults of one run have in common. */
export type Stage = {
  limits: Limits
  holdsBack: HoldsBack
  /** Takes each trial that is over, in the order of their ends. */
  ended(trial: JudgedTrial): Promise<void>
  /** The youngest last. */
  made: Made[]
  /** ms: what was delivered before the last look began has been looked at. */
  lookedAt: number
  /** Why the last look showed nothing. */
  lookFailed?: string
}

/** A look, and what whoever is on call was told since the time that was asked for, and that is of no fault. */
export type StageLook = Look & { ownerless: readonly Delivered[] }

/** What went wrong, in its own words. */
export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const WATCHDOG = 'Watchdog'

/** A look that fails shows nothing: while something is broken, what tells of it may be late as well. */
const glance = async (stage: Stage, port: TrialPort, since: number): Promise<Look | undefined> => {
  try {
    const look = await port.look(since)
    const others = <T extends Told>(told: readonly T[]): T[] => told.filter(({ alert }) => alert !== WATCHDOG)
    return { ...look, alerts: others(look.alerts), delivered: others(look.delivered) }
  } catch (error) {
    stage.lookFailed = wordsOf(error)
    for (const { trial } of openOf(stage.made)) trial.lookFailed = stage.lookFailed
    return undefined
  }
}

const shareOf = ({ made }: Stage, look: Look, whose: Made | undefined): Share => ({
  alerts: look.alerts.filter((each) => ownerOfSeen(made, each) === whose),
  delivered: look.delivered.filter((each) => ownerOfDelivered(made, each) === whose),
})

const followLinks = async ({ trial, checked }: Made, { delivered }: Share, port: TrialPort): Promise<void> => {
  for (const told of delivered) {
    if (told.status !== 'firing' || checked.has(called(told))) continue
    checked.add(called(told))
    trial.brokenLinks.push(...(await port.brokenLinks(told)))
  }
}

/** Ends a tail of which nothing is left, or whose time is over; `share` is missing when nothing could be seen. */
const settle = async (stage: Stage, tail: Made, share: Share | undefined, at: number, now: number): Promise<void> => {
  const firing = (share?.alerts ?? []).filter(({ state }) => state === 'firing')
  // What is pending may still fire, and would then seem to be of the next fault.
  if (share?.alerts.length === 0 && (tail.isJudged || untoldOf(tail).length === 0)) tail.overAt = at
  if (tail.isJudged) return
  const seconds = Math.max(stage.limits.recoverSeconds, tail.fault.resolvesWithinSeconds ?? 0)
  const isLate = now - (tail.repairedAt ?? now) > seconds * 1000
  if (tail.overAt === undefined && !isLate) return
  tail.isJudged = true
  if (tail.overAt !== undefined && tail.left.length === 0) tail.trial.resolvedAfter = secondsAfter(tail, now)
  const left = [
    ...tail.left,
    ...(share ? [] : [`nothing to see: ${stage.lookFailed}`]),
    ...firing.map((each) => `${called(each)} still fires`),
    ...untoldOf(tail).map((each) => `${called(each)} was not told as resolved`),
  ]
  await stage.ended(judgeTrial(tail.trial, { left: [...new Set(left)] }))
}

/**
 * One look for all faults that are not over: gives each what is its, and ends the tails that came to their end. `current` is
 * the one whose indicator the port sees. Undefined when nothing could be seen.
 */
export const lookAround = async (
  stage: Stage,
  port: TrialPort,
  { current, since = stage.lookedAt }: { current?: Made; since?: number } = {},
): Promise<StageLook | undefined> => {
  const at = port.now()
  const open = openOf(stage.made)
  const look = await glance(stage, port, Math.min(since, ...open.map(({ injectedAt }) => injectedAt)))
  const now = port.now()
  const ownerless = look ? shareOf(stage, look, undefined).delivered : []
  if (look) {
    stage.lookedAt = at
    if (current) noteIndicator(current, look.sli, now)
  }
  // Whose an alert is must not depend on which tail is ended first.
  const shares = open.map((each) => [each, look && shareOf(stage, look, each)] as const)
  for (const [each, share] of shares) {
    if (share && !each.isJudged) {
      noteAlerts(each, share, now)
      await followLinks(each, share, port)
    }
    if (each.repairedAt !== undefined) await settle(stage, each, share, at, now)
  }
  const isNew = ({ status, receivedAt }: Delivered): boolean => status === 'firing' && receivedAt >= since
  return look && { ...look, ownerless: ownerless.filter(isNew) }
}
