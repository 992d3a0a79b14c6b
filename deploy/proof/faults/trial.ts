import type { Told } from './judge.ts'

/** What is seen of an alert that is there. */
export type SeenAlert = Told & { state: 'pending' | 'firing'; inhibited: boolean }

/** One alert of a notification. `receivedAt` and `startsAt` are ms as `Date.now()` counts. */
export type Delivered = Told & {
  status: 'firing' | 'resolved'
  receivedAt: number
  startsAt?: number | undefined
  runbook?: string | undefined
  dashboard?: string | undefined
}

export type Look = {
  /** The largest value of the indicator; undefined when the query answers nothing. */
  sli: number | undefined
  alerts: readonly SeenAlert[]
  /** What came to whoever is on call since the time that was asked for. */
  delivered: readonly Delivered[]
  /** Parts and services that are not ready. */
  away: readonly string[]
}

/** The system in which a fault is tried. Times are ms. */
export interface TrialPort {
  now(): number
  /** Until the next look. @throws when the proof is stopped */
  pause(): Promise<void>
  look(since: number): Promise<Look>
  inject(): Promise<{ repair(): Promise<void> }>
  /** What is wrong with the links of a notification; nothing when both lead somewhere. */
  brokenLinks(delivered: Delivered): Promise<string[]>
}

export type Limits = {
  /** How long a system may take until a fault can be made, once no other is waited for. */
  calmSeconds: number
  /** How long what is only pending is waited for, before the fault. */
  pendingSeconds: number
  /** Within how many seconds an alert must be delivered that with the real rules takes so many. */
  alertSeconds(real: number): number
  /** How long it may take after the repair until all is ready, and until all has resolved. */
  recoverSeconds: number
}

/**
 * With fast rules windows are a sixth, but scrapes, evaluations and ages in seconds are not: a third and a minute leaves room
 * for them, and is never more than with the real ones.
 */
export const limitsOf = (rules: 'real' | 'fast'): Limits =>
  rules === 'real'
    ? { calmSeconds: 1200, pendingSeconds: 120, alertSeconds: (real) => real, recoverSeconds: 1200 }
    : {
        calmSeconds: 240,
        pendingSeconds: 30,
        alertSeconds: (real) => Math.min(real, Math.round(real / 3) + 60),
        recoverSeconds: 240,
      }
