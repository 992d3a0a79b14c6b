import type { ServiceName } from '../../local/services.ts'
import type { Finding } from '../part.ts'
import { COLUMNS, type Column } from './looks.ts'

/** What came of a signal of a service: the seconds that it took, why it did not come, or why it could not. */
export type Cell = { seconds: number } | { failed: string } | { absent: string }
export type Matrix = ReadonlyMap<ServiceName, Readonly<Record<Column, Cell>>>

const FRESH_SECONDS = 15

const isFresh = (cell: Cell): boolean => 'seconds' in cell && cell.seconds <= FRESH_SECONDS

const describe = (cell: Cell): string => {
  if ('absent' in cell) return cell.absent
  return 'failed' in cell ? cell.failed : `came after ${cell.seconds.toFixed(1)} s`
}

/** One finding for each signal: it is proven when every service's was fresh, and not proven when its store is not there. */
export const findingsOf = (matrix: Matrix): Finding[] =>
  COLUMNS.map((column) => {
    const what = `${column} of every service are fresh within ${FRESH_SECONDS} s of a request`
    const cells = [...matrix].map(([service, row]) => ({ service, cell: row[column] }))
    const bad = cells.filter(({ cell }) => !('absent' in cell) && !isFresh(cell))
    if (bad.length > 0) {
      const detail = bad.map(({ service, cell }) => `${service}: ${describe(cell)}`).join('; ')
      return { what, verdict: 'failed', detail }
    }
    const absent = cells.find(({ cell }) => 'absent' in cell)
    if (absent !== undefined) return { what, verdict: 'not proven', detail: describe(absent.cell) }
    const slowest = Math.max(...cells.map(({ cell }) => ('seconds' in cell ? cell.seconds : 0)))
    return { what, verdict: 'proven', detail: `${cells.length} services, the slowest after ${slowest.toFixed(1)} s` }
  })

const shown = (cell: Cell): string => {
  if ('absent' in cell) return '–'
  return 'seconds' in cell ? `${isFresh(cell) ? '✓' : '✗'} ${cell.seconds.toFixed(1)} s` : '✗'
}

/** The matrix for people: services down, signals across. */
export const tableOf = (matrix: Matrix): string[][] => [
  ['service', ...COLUMNS],
  ...[...matrix].map(([service, row]) => [service, ...COLUMNS.map((column) => shown(row[column]))]),
]
