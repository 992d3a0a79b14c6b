import { TableCellHeight, TableSortByFieldStateBuilder } from '@grafana/grafana-foundation-sdk/common'
import type { DynamicConfigValue } from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table'
import { stepsOf, type Limits } from './limits.ts'
import { asking, mappingsOf, type Description, type Panel, type States } from './panel.ts'
import { promRows, letterOf, type Query } from './queries.ts'

/** A number per row, from an instant PromQL that keeps only the labels of `by`. */
type NumberColumn = {
  readonly name: string
  readonly expr: string
  readonly unit: string
  readonly decimals?: number
  readonly limits?: Limits
  readonly states?: States
}
/** A text per row: a label that the PromQL keeps beside those of `by`. */
type LabelColumn = { readonly name: string; readonly expr: string; readonly label: string }

type Table = Description & {
  /** The labels that make a row, and what their columns are called. */
  readonly by: Readonly<Record<string, string>>
  readonly columns: readonly (NumberColumn | LabelColumn)[]
  /** The column by which rows are ordered, largest first. */
  readonly order?: string
}

const looks = ({ unit, decimals, limits, states }: NumberColumn): DynamicConfigValue[] => {
  const properties: DynamicConfigValue[] = [{ id: 'unit', value: unit }]
  if (decimals !== undefined) properties.push({ id: 'decimals', value: decimals })
  if (states !== undefined) properties.push({ id: 'mappings', value: mappingsOf(states) })
  if (limits !== undefined) properties.push({ id: 'thresholds', value: { mode: 'absolute', steps: stepsOf(limits) } })
  if (limits !== undefined || states !== undefined)
    properties.push({ id: 'custom.cellOptions', value: { type: 'color-background', mode: 'basic' } })
  return properties
}

/**
 * One row per combination of labels, one column per query. Links sit on the first column, where `${__data.fields.<label>}` names
 * the row by the label itself, whatever its column is called.
 */
export const table = ({ by, columns, order, links = [], ...described }: Table): Panel => {
  // Grafana names the column of numbers by its query, unless there is only one.
  const valueOf = (index: number): string => (columns.length === 1 ? 'Value' : `Value #${letterOf(index)}`)
  const labels = Object.keys(by)
  const renamed = Object.fromEntries(
    columns.map((column, index) => ('label' in column ? [column.label, column.name] : [valueOf(index), column.name])),
  )
  const hidden = columns.flatMap((column, index) => ('label' in column ? [valueOf(index)] : []))
  const ordered = [...labels, ...columns.map((column, index) => ('label' in column ? column.label : valueOf(index)))]
  const builder = new TableBuilder()
    .cellHeight(TableCellHeight.Sm)
    .filterable(true)
    .transformations([
      { id: 'merge', options: {} },
      {
        id: 'organize',
        options: {
          excludeByName: Object.fromEntries(['Time', ...hidden].map((name) => [name, true])),
          indexByName: Object.fromEntries(ordered.map((name, index) => [name, index])),
          renameByName: { ...by, ...renamed },
        },
      },
    ])
  if (order !== undefined) builder.sortBy([new TableSortByFieldStateBuilder().displayName(order).desc(true)])
  for (const column of columns) if ('unit' in column) builder.overrideByName(column.name, looks(column))
  const [first] = Object.values(by)
  if (first !== undefined && links.length > 0) builder.overrideByName(first, [{ id: 'links', value: links }])
  const queries = columns.map(({ expr }) => promRows(expr))
  return asking(builder, { ...described, queries }, { width: 24, height: 9 })
}

/** The rows that a store answers, as they come: traces of a search, counts of Elasticsearch. */
export const list = (
  described: Description & { readonly queries: readonly Query[]; readonly unit?: string },
): Panel => {
  const builder = new TableBuilder().cellHeight(TableCellHeight.Sm).filterable(true)
  if (described.unit !== undefined) builder.unit(described.unit)
  return asking(builder, described, { width: 12, height: 10 })
}
