import type { Fault } from '../../faults/fault.ts'
import { isMoved } from '../../faults/watch.ts'
import { called, matches, type Told, type Trial } from './judge.ts'
import type { Delivered, SeenAlert } from './trial.ts'

/** A fault that was made, and what came of it so far. Times are ms as the port counts. */
export type Made = {
  fault: Fault
  trial: Trial
  injectedAt: number
  /** From then on it is a tail: repaired, and all is ready, but its alerts may still be on their way to being resolved. */
  repairedAt?: number
  /** What the repair did not bring back. */
  left: string[]
  /** Alerts whose links were followed. */
  checked: Set<string>
  /** It has its verdict. When that is a bad one, what still fires goes on being its. */
  isJudged?: boolean
  /** Nothing of it fires any more. */
  overAt?: number
}

const isNamed = (fault: Fault, told: Told): boolean => fault.alerts.some((named) => matches(named, told))

/** Whether a fault names an alert, or allows it to follow. */
export const mayBring = (fault: Fault, told: Told): boolean =>
  isNamed(fault, told) || (fault.mayFire ?? []).some((may) => matches(may, told))

/** Whether an alert that is there may be of a fault; what came in its time and ought not to have is its as well. */
export const mayBeOf = ({ fault, trial }: Made, seen: Told): boolean =>
  mayBring(fault, seen) || [...trial.inhibited, ...trial.falseAlarms].includes(called(seen))

/** Faults are given the youngest last. */
export const openOf = (made: readonly Made[]): Made[] => made.filter(({ overAt }) => overAt === undefined)

/** Whose an alert is: of the youngest fault that it may be of. One that none accounts for is of the youngest, if that is open. */
export const ownerOfSeen = (made: readonly Made[], seen: Told): Made | undefined =>
  openOf(made).findLast((each) => mayBeOf(each, seen)) ?? openOf(made.slice(-1))[0]

/** The same of what was delivered: a fault brings nothing that began before it, and nothing when it is over. */
export const ownerOfDelivered = (made: readonly Made[], told: Delivered): Made | undefined => {
  const { receivedAt, startsAt = receivedAt } = told
  const before = made.filter(({ injectedAt }) => injectedAt <= startsAt)
  const isOpen = ({ overAt = Infinity }: Made): boolean => receivedAt <= overAt
  return (
    before.findLast((each) => isOpen(each) && mayBring(each.fault, told)) ??
    before.slice(-1).find((each) => isOpen(each))
  )
}

const sum = (trial: Trial, key: 'inhibited' | 'followed' | 'falseAlarms', told: readonly Told[]): void => {
  trial[key] = [...new Set([...trial[key], ...told.map(called)])]
}

/** Of a look, what is of one fault. */
export type Share = { alerts: readonly SeenAlert[]; delivered: readonly Delivered[] }

/** Seconds from the injection to a time, to a tenth. */
export const secondsAfter = ({ injectedAt }: Made, time: number): number =>
  Math.max(0, Math.round((time - injectedAt) / 100) / 10)

/** Takes down the indicator, when it is beyond its bound for the first time. */
export const noteIndicator = (made: Made, value: number | undefined, now: number): void => {
  const { fault, trial } = made
  if (!isMoved(fault.sli, value) || trial.sliMoved !== undefined) return
  trial.sliMoved = secondsAfter(made, now)
  trial.sliValue = value
}

/** Takes down what is seen for the first time of a fault's alerts. */
export const noteAlerts = (made: Made, { alerts, delivered }: Share, now: number): void => {
  const { fault, trial } = made
  const after = (time: number): number => secondsAfter(made, time)
  for (const times of trial.alerts) {
    const seen = alerts.find((each) => matches(times, each))
    if (seen !== undefined) times.pending ??= after(now)
    if (seen?.state === 'firing') times.firing ??= after(now)
    const told = delivered.filter((each) => matches(times, each))
    const firing = told.find(({ status }) => status === 'firing')
    if (firing !== undefined) {
      times.delivered ??= after(firing.receivedAt)
      // Between two looks it may have gone all the way.
      times.pending ??= times.delivered
      times.firing ??= times.delivered
    }
    const last = told.at(-1)
    times.resolved = last?.status === 'resolved' ? after(last.receivedAt) : undefined
  }
  sum(
    trial,
    'inhibited',
    alerts.filter(({ state, inhibited }) => state === 'firing' && inhibited),
  )
  const others = delivered.filter((each) => each.status === 'firing' && !isNamed(fault, each))
  const [followed, stray] = [
    others.filter((each) => mayBring(fault, each)),
    others.filter((each) => !mayBring(fault, each)),
  ]
  sum(trial, 'followed', followed)
  sum(trial, 'falseAlarms', stray)
}

/** Its named alerts that were told, and not yet as resolved. */
export const untoldOf = ({ trial }: Made): Told[] =>
  trial.alerts.filter(({ delivered, resolved }) => delivered !== undefined && resolved === undefined)
