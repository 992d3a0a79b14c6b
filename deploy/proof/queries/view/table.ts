import type { PanelAnswer, TargetAnswer } from '../../../ops/queries/ask.ts'
import type { Panel } from '../../../ops/queries/dashboards.ts'
import { colorOf, cssColor, fieldOf, textOf, type Field } from './fields.ts'
import { escapeHtml } from './html.ts'

type Cell = string | number
type TableRow = Readonly<Record<string, Cell>>
/** Columns by the names that their heads show, in order. */
export type TableView = { columns: readonly string[]; rows: readonly TableRow[] }

const VALUE = /^Value( #|$)/

const groupsOf = ({ bucketAggs }: TargetAnswer['target']): boolean => bucketAggs !== undefined && bucketAggs.length > 0

const rowsOf = ({ target, answer }: TargetAnswer, single: boolean): TableRow[] => {
  switch (answer?.kind) {
    case 'series': {
      const column = groupsOf(target) ? 'Count' : single ? 'Value' : `Value #${target.refId}`
      return answer.series.flatMap(({ labels, points }) => {
        const value = points.at(-1)?.[1]
        return value === undefined ? [] : [{ ...labels, [column]: value }]
      })
    }
    case 'traces':
      return answer.traces.map(({ id, service, name, startMs, durationMs }) => ({
        Trace: id,
        Start: new Date(startMs).toISOString().slice(11, 23),
        Service: service,
        Name: name,
        Duration: durationMs,
      }))
    case 'edges':
      return answer.edges.map((edge) => ({ ...edge }))
    case 'lines':
    case 'spans':
    case undefined:
      return []
    default:
      return answer satisfies never
  }
}

const meets = (a: TableRow, b: TableRow): boolean => {
  const shared = Object.keys(a).filter((name) => name in b)
  return shared.length > 0 && shared.every((name) => a[name] === b[name])
}

/** Rows of several queries as one table: those whose labels agree are one row, as Grafana's `merge` does it. */
export const mergeRows = (tables: readonly (readonly TableRow[])[]): TableRow[] => {
  let merged: TableRow[] = []
  for (const rows of tables) {
    const met = new Set<TableRow>()
    const next = merged.map((row) => {
      const found = rows.find((each) => meets(row, each))
      if (found !== undefined) met.add(found)
      return found === undefined ? row : { ...row, ...found }
    })
    merged = [...next, ...rows.filter((row) => !met.has(row))]
  }
  return merged
}

type Organize = {
  excludeByName?: Record<string, boolean>
  indexByName?: Record<string, number>
  renameByName?: Record<string, string>
}

const organized = (columns: readonly string[], { excludeByName, indexByName, renameByName }: Organize) =>
  columns
    .filter((name) => excludeByName?.[name] !== true)
    .toSorted((a, b) => (indexByName?.[a] ?? 99) - (indexByName?.[b] ?? 99))
    .map((name) => ({ name, title: renameByName?.[name] ?? name }))

const comparable = (cell: Cell | undefined): number => (typeof cell === 'number' ? cell : Number.NEGATIVE_INFINITY)

const sorted = (rows: TableRow[], { options }: Panel): TableRow[] => {
  const [by] = (options?.['sortBy'] ?? []) as { displayName: string; desc?: boolean }[]
  if (by === undefined) return rows
  const sign = by.desc === true ? -1 : 1
  const compare = (a: Cell | undefined, b: Cell | undefined): number =>
    typeof a === 'string' && typeof b === 'string' ? a.localeCompare(b) : comparable(a) - comparable(b)
  return rows.toSorted((a, b) => sign * compare(a[by.displayName], b[by.displayName]))
}

/** What a table of a dashboard shows: its queries merged, its columns chosen, named and in order, its rows sorted. */
export const tableOf = ({ panel, targets }: PanelAnswer): TableView => {
  const merged = mergeRows(targets.map((target) => rowsOf(target, targets.length === 1)))
  const names = [...new Set(merged.flatMap((row) => Object.keys(row)))].filter((name) => name !== '__name__')
  // Labels before numbers, where nothing else is said.
  const inOrder = [...names.filter((name) => !VALUE.test(name)), ...names.filter((name) => VALUE.test(name))]
  const organize = panel.transformations?.find(({ id }) => id === 'organize')?.options ?? {}
  const columns = organized(inOrder, organize)
  const rows = merged.map((row) =>
    Object.fromEntries(columns.flatMap(({ name, title }) => (row[name] === undefined ? [] : [[title, row[name]]]))),
  )
  return { columns: columns.map(({ title }) => title), rows: sorted(rows, panel) }
}

const fieldsOf = (panel: Panel, columns: readonly string[]): Map<string, Field> =>
  new Map(
    columns.map((name) => {
      const field = fieldOf(panel, name)
      return [name, name === 'Duration' && field.unit === undefined ? { ...field, unit: 'ms' } : field]
    }),
  )

const TRACE_ID = /^[0-9a-f]{16,32}$/

const cellOf = (cell: Cell | undefined, field: Field | undefined, isNumber: boolean): string => {
  if (cell === undefined || field === undefined) return `<td class="none${isNumber ? ' number' : ''}">–</td>`
  if (typeof cell === 'string' && TRACE_ID.test(cell)) return `<td class="id" title="${cell}">${cell}</td>`
  if (typeof cell === 'string') return `<td title="${escapeHtml(cell)}">${escapeHtml(cell)}</td>`
  const text = escapeHtml(textOf(cell, field))
  if (field.custom['cellOptions'] === undefined) return `<td class="number">${text}</td>`
  return `<td class="number"><span class="chip" style="--is:${cssColor(colorOf(cell, field))}">${text}</span></td>`
}

export const tableHtml = (answered: PanelAnswer): string => {
  const { columns, rows } = tableOf(answered)
  const fields = fieldsOf(answered.panel, columns)
  const numeric = new Set(columns.filter((name) => rows.some((row) => typeof row[name] === 'number')))
  const head = columns.map((name) => `<th${numeric.has(name) ? ' class="number"' : ''}>${escapeHtml(name)}</th>`)
  const body = rows.map(
    (row) => `<tr>${columns.map((name) => cellOf(row[name], fields.get(name), numeric.has(name))).join('')}</tr>`,
  )
  return `<div class="scroll"><table class="data"><thead><tr>${head.join('')}</tr></thead><tbody>${body.join('')}</tbody></table></div>`
}
