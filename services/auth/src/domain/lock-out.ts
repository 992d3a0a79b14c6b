export type AttemptLimits = {
  /** Failed attempts on one account until it is locked. */
  readonly perAccount: number
  /** Failed attempts from one address, over all accounts; undefined when there is no such limit. */
  readonly perAddress: number | undefined
  /** Failures are forgotten this long after the first; a lock ends this long after the failure that caused it. */
  readonly windowMs: number
}

export const ACCOUNT_FAILURES = 5
export const WINDOW_MS = 15 * 60_000
