import { lokiSums } from '../sums.ts'

/** How many lines of one kind were written at warn or error. */
export type LineKind = { service: string; level: string; action: string; count: number }

/** Lines above info that a healthy system writes, each with the reason why it may. */
const ALLOWED: readonly { service?: string; level: string; action: string; because: string }[] = []

const reasonFor = ({ service, level, action }: LineKind): string | undefined =>
  ALLOWED.find(
    (allowed) => allowed.level === level && allowed.action === action && (allowed.service ?? service) === service,
  )?.because

/** The lines above info of a time (ms since 1970), by service, level and `event.action`, the most first. */
export const linesAboveInfo = async (loki: string, fromMs: number, toMs: number): Promise<LineKind[]> => {
  const seconds = Math.max(1, Math.round((toMs - fromMs) / 1000))
  const lines = `count_over_time({service_name=~".+", level=~"warn|error|fatal"}[${seconds}s])`
  const sums = await lokiSums(loki, `sum by (service_name, level, event_action) (${lines})`, toMs)
  return sums
    .map(({ labels, value }) => ({
      service: labels['service_name'] ?? '',
      level: labels['level'] ?? '',
      action: labels['event_action'] ?? '(none)',
      count: value,
    }))
    .toSorted((a, b) => b.count - a.count)
}

export const unexplained = (kinds: readonly LineKind[]): LineKind[] =>
  kinds.filter((kind) => reasonFor(kind) === undefined)

/** A heading, and a row for each kind. */
export const lineTable = (kinds: readonly LineKind[]): string[][] => [
  ['service', 'level', 'event.action', 'lines', 'because'],
  ...kinds.map((kind) => [
    kind.service,
    kind.level,
    kind.action,
    String(kind.count),
    reasonFor(kind) ?? 'no reason is known',
  ]),
]
