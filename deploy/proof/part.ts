import type { BackEnds } from '../ops/queries/back-ends.ts'
import type { Say } from '../local/progress.ts'
import type { ServiceName } from '../local/services.ts'
import type { Settings } from '../local/settings.ts'

/** The running system that is looked at; addresses without a slash at the end. */
export type Live = {
  settings: Settings
  /** The gateway, without /api/v1. */
  api: string
  management: Readonly<Record<ServiceName, string>>
  backEnds: BackEnds
  alertmanager: string
  oncall: string
  /** The rules in force: as they are, or with shortened windows (observability/prometheus/fast.ts). */
  rules: 'real' | 'fast'
  /** Where this run puts its files. */
  folder: string
  say: Say
  /** Aborted by Ctrl-C: end what was begun, repair what was broken. */
  signal: AbortSignal
}

/** `not proven` is for what this machine cannot run; it never counts as proven. */
export type Verdict = 'proven' | 'failed' | 'not proven'

/** One thing that was looked at. `detail` says what was seen, above all when it was not as claimed. */
export type Finding = { what: string; verdict: Verdict; detail?: string }

/** What came of one part; `figures` and `table` (its first row is the heading) go into the report. */
export type Proof = {
  findings: Finding[]
  figures: Readonly<Record<string, string | number>>
  table?: string[][]
}

/** A claim of the first page, and the way to try it on a running system. */
export type Part = {
  name: string
  /** The claim, in a sentence. */
  claim: string
  prove(live: Live): Promise<Proof>
}
