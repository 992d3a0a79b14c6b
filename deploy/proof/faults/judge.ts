import type { AlertRef } from '../../faults/fault.ts'
import type { Verdict } from '../part.ts'

/** Who is told of what. */
export type Told = { alert: string; service: string }

/** The way of one alert, in seconds since the fault was made. */
export type AlertTimes = Told & {
  /** Its limit under the rules in force. */
  withinSeconds: number
  pending?: number
  firing?: number
  delivered?: number
  resolved?: number | undefined
}

/** What came of one fault; all times are seconds since it was made. */
export type Trial = {
  fault: string
  /** Counts for the median time of detection. */
  hard: boolean
  verdict?: Verdict
  /** Why it is not proven. */
  reasons?: string[]
  sliMoved?: number
  /** The value with which the indicator first was beyond its bound. */
  sliValue?: number | undefined
  alerts: AlertTimes[]
  repairedAfter?: number
  /** Everything was ready, nothing of it fired any more, and its alerts were told as resolved. */
  resolvedAfter?: number
  /** Fired, and was kept back because another alert says why. */
  inhibited: string[]
  /** Was delivered as well, and may be. */
  followed: string[]
  falseAlarms: string[]
  brokenLinks: string[]
  /** Was delivered before this fault was made, and after the one before had been over. */
  early: Told[]
  /** The last look that showed nothing, and why. */
  lookFailed?: string
}

/** A trial with its verdict. */
export type JudgedTrial = Trial & { verdict: Verdict; reasons: string[] }

/** How an alert is named. */
export const called = ({ alert, service }: AlertRef): string =>
  service === undefined ? alert : `${alert} of ${service}`

/** Whether an alert is the one that is meant; without a service it may be of any. */
export const matches = ({ alert, service }: AlertRef, told: Told): boolean =>
  alert === told.alert && (service === undefined || service === told.service)

const wayOf = ({ pending, firing }: AlertTimes): string => {
  if (firing !== undefined) return `it fired after ${firing} s`
  return pending === undefined ? 'it was not even pending' : `it was pending after ${pending} s and did not fire`
}

const reasonOfAlert = (times: AlertTimes, inhibited: readonly string[]): string[] => {
  const { delivered, withinSeconds } = times
  const name = called(times)
  if (delivered === undefined) {
    const kept = inhibited.includes(name) ? ', and was inhibited' : ''
    return [`${name} was not delivered within ${withinSeconds} s: ${wayOf(times)}${kept}`]
  }
  return delivered > withinSeconds ? [`${name} was delivered after ${delivered} s, not within ${withinSeconds} s`] : []
}

/** `unmade`: why the fault was not even made. `left`: what was not as before at the end. */
export const judgeTrial = (
  trial: Trial,
  { unmade, left = [] }: { unmade?: string; left?: readonly string[] },
): JudgedTrial => {
  if (unmade !== undefined) return { ...trial, verdict: 'failed', reasons: [`it was not made: ${unmade}`] }
  const reasons = [
    ...(trial.sliMoved === undefined ? ['the indicator did not move'] : []),
    ...trial.alerts.flatMap((times) => reasonOfAlert(times, trial.inhibited)),
    ...trial.falseAlarms.map((name) => `false alarm: ${name}`),
    ...trial.brokenLinks,
    ...left,
  ]
  return { ...trial, verdict: reasons.length === 0 ? 'proven' : 'failed', reasons }
}

/** Of what was delivered after a fault was over, what it may not bring. */
export const strayAlarms = (early: readonly Told[], mayBring: readonly AlertRef[]): string[] =>
  early.filter((told) => !mayBring.some((may) => matches(may, told))).map(called)

/** The trial of a fault after which there were false alarms: nobody else can have brought them. */
export const blamed = (trial: JudgedTrial, stray: readonly string[]): JudgedTrial =>
  stray.length === 0
    ? trial
    : {
        ...trial,
        verdict: 'failed',
        falseAlarms: [...trial.falseAlarms, ...stray],
        reasons: [...trial.reasons, ...stray.map((name) => `false alarm after it was over: ${name}`)],
      }

/** The middle of some numbers, or of the two in the middle; undefined of none. */
export const medianOf = (values: readonly number[]): number | undefined => {
  const sorted = values.toSorted((a, b) => a - b)
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.ceil((sorted.length - 1) / 2)]]
  return low === undefined || high === undefined ? undefined : (low + high) / 2
}

/** Seconds from a hard fault to the first of its alerts that fires, of those that did. */
export const detections = (trials: readonly Trial[]): number[] =>
  trials
    .filter(({ hard }) => hard)
    .flatMap(({ alerts }) => {
      const fired = alerts.flatMap(({ firing }) => firing ?? [])
      return fired.length === 0 ? [] : [Math.min(...fired)]
    })
