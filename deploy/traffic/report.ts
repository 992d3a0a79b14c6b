import { columns } from '../bench/report.ts'
import { createLatencies, type Latencies } from './latencies.ts'
import type { Verdict } from './judge.ts'

/** Latencies in ms; statuses by number of answers, `none` where nothing came. */
export type OperationReport = {
  name: string
  count: number
  perSecond: number
  p50: number
  p95: number
  p99: number
  statuses: Record<string, number>
  verdicts: Record<Verdict, number>
}

export type Report = {
  seconds: number
  count: number
  perSecond: number
  operations: OperationReport[]
  verdicts: Record<Verdict, number>
  /** Arrivals for which nothing was sent, because too many were waiting for their answers. */
  skipped: number
  /** The first of what went wrong, with the correlation ids to follow. */
  faults: { operation: string; correlationId: string; what: string }[]
}

export type Observation = {
  operation: string
  status: number | undefined
  ms: number
  verdict: Verdict
  correlationId: string
  /** Of a verdict that is not `ok`. */
  what: string
}

/** Takes observations and makes reports of them at any time. */
export type Recorder = {
  record(observation: Observation): void
  skip(): void
  report(seconds: number): Report
  /** One line about what came since the last one. */
  line(seconds: number): string
}

const KEPT_FAULTS = 20
/** A thousandth may fail while things come and go. */
const TOLERATED = 0.001

const none = (): Record<Verdict, number> => ({ ok: 0, limited: 0, failed: 0, unexpected: 0 })

type Tally = { latencies: Latencies; statuses: Record<string, number>; verdicts: Record<Verdict, number> }

const newTally = (): Tally => ({ latencies: createLatencies(), statuses: {}, verdicts: none() })

const add = ({ latencies, statuses, verdicts }: Tally, { status, ms, verdict }: Observation): void => {
  latencies.add(ms)
  const key = String(status ?? 'none')
  statuses[key] = (statuses[key] ?? 0) + 1
  verdicts[verdict] += 1
}

const figures = ({ latencies, statuses, verdicts }: Tally, seconds: number) => ({
  count: latencies.count,
  perSecond: seconds > 0 ? latencies.count / seconds : 0,
  p50: latencies.percentile(0.5),
  p95: latencies.percentile(0.95),
  p99: latencies.percentile(0.99),
  statuses: { ...statuses },
  verdicts: { ...verdicts },
})

const rounded = (value: number): string => (Number.isNaN(value) ? '–' : value.toFixed(value < 10 ? 1 : 0))

export const createRecorder = (): Recorder => {
  const byOperation = new Map<string, Tally>()
  const all = newTally()
  const faults: Report['faults'] = []
  let skipped = 0
  let recent = { tally: newTally(), since: 0 }

  return {
    record: (observation) => {
      const { operation, verdict, correlationId, what } = observation
      const tally = byOperation.get(operation) ?? newTally()
      byOperation.set(operation, tally)
      for (const each of [tally, all, recent.tally]) add(each, observation)
      const isFault = verdict === 'failed' || verdict === 'unexpected'
      if (isFault && faults.length < KEPT_FAULTS) faults.push({ operation, correlationId, what })
    },
    skip: () => void (skipped += 1),
    report: (seconds) => {
      const { count, perSecond, verdicts } = figures(all, seconds)
      const operations = [...byOperation].map(([name, tally]) => ({ name, ...figures(tally, seconds) }))
      operations.sort((a, b) => b.count - a.count)
      return { seconds, count, perSecond, operations, verdicts, skipped, faults: [...faults] }
    },
    line: (seconds) => {
      const { perSecond, p50, p99, verdicts } = figures(recent.tally, seconds - recent.since)
      recent = { tally: newTally(), since: seconds }
      const { limited, failed, unexpected } = verdicts
      const wrong = { limited, failed, unexpected, 'skipped so far': skipped }
      const notes = Object.entries(wrong).flatMap(([name, count]) => (count === 0 ? [] : [`${count} ${name}`]))
      return [`${rounded(perSecond)} req/s, p50 ${rounded(p50)} ms, p99 ${rounded(p99)} ms`, ...notes].join(', ')
    },
  }
}

/** Sentences that say why a run was no good; none when it was. */
export const complaints = ({ count, verdicts, skipped }: Report): string[] => {
  const { limited, failed, unexpected } = verdicts
  const share = (part: number): string => `${((100 * part) / Math.max(1, count)).toFixed(2)} %`
  return [
    ...(unexpected > 0 ? [`${unexpected} answers are not what the contract says.`] : []),
    ...(failed > count * TOLERATED ? [`${failed} requests failed (${share(failed)}).`] : []),
    ...(limited > count * TOLERATED
      ? [
          `${limited} were limited (${share(limited)}): start the system by "RATE_LIMIT=off npm start", or ask for less.`,
        ]
      : []),
    ...(skipped > (count + skipped) * TOLERATED
      ? [`${skipped} were not sent, because too many others waited for their answers: the system does not keep up.`]
      : []),
  ]
}

const HEADING = ['', 'count', 'req/s', 'p50', 'p95', 'p99', 'limited', 'failed', 'unexpected']

const rowOf = ({ name, count, perSecond, p50, p95, p99, verdicts }: OperationReport): string[] => [
  name,
  String(count),
  ...[perSecond, p50, p95, p99].map(rounded),
  ...[verdicts.limited, verdicts.failed, verdicts.unexpected].map((some) => (some === 0 ? '' : String(some))),
]

const statusesOf = ({ statuses }: OperationReport): string =>
  Object.entries(statuses)
    .map(([status, count]) => `${count} × ${status}`)
    .join(', ')

/** Figures stand to the right, and the statuses behind them to the left. */
const tableOf = (operations: readonly OperationReport[]): string => {
  const [heading = '', ...rows] = columns([HEADING, ...operations.map(rowOf)]).split('\n')
  const wholeRows = rows.map((row, place) => {
    const operation = operations[place]
    return operation === undefined ? row : `${row}  ${statusesOf(operation)}`
  })
  return [`${heading}  statuses`, ...wholeRows].join('\n')
}

/** The whole report as text: a table of all operations, then what went wrong. */
export const renderReport = (report: Report): string => {
  const { operations, seconds, count, perSecond, faults } = report
  const lines = faults.map(({ operation, correlationId, what }) => `  ${correlationId}  ${operation}: ${what}`)
  return [
    `${count} requests in ${Math.round(seconds)} s, ${rounded(perSecond)} per second; latencies in ms`,
    tableOf(operations),
    ...(lines.length === 0
      ? []
      : ['', 'The first that went wrong ("npm run follow -- <id>" tells the story):', ...lines]),
    ...complaints(report).map((complaint) => `\n✖ ${complaint}`),
  ].join('\n')
}
