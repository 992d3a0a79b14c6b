import { kql, ofDataView, type Reference } from './saved-object.ts'

type Column = Readonly<Record<string, unknown>> & { readonly label: string }
type Terms = { readonly field: string; readonly label: string; readonly size: number }
type Lens = { readonly attributes: object; readonly references: readonly Reference[] }

const LAYER = 'lines'
const COUNT = 'count'

const count: Column = {
  label: 'Lines',
  customLabel: true,
  dataType: 'number',
  operationType: 'count',
  isBucketed: false,
  scale: 'ratio',
  sourceField: '___records___',
}

/** The time that one in twenty of the requests exceeds, in the unit that the data view shows. */
export const p95 = (field: string, label: string): Column => ({
  label,
  customLabel: true,
  dataType: 'number',
  operationType: 'percentile',
  isBucketed: false,
  scale: 'ratio',
  sourceField: field,
  params: { percentile: 95 },
})

const overTime: Column = {
  label: 'Time',
  customLabel: true,
  dataType: 'date',
  operationType: 'date_histogram',
  isBucketed: true,
  scale: 'interval',
  sourceField: '@timestamp',
  params: { interval: 'auto', includeEmptyRows: true, dropPartials: false },
}

const terms = ({ field, label, size }: Terms, orderedBy: string): Column => ({
  label,
  customLabel: true,
  dataType: 'string',
  operationType: 'terms',
  isBucketed: true,
  scale: 'ordinal',
  sourceField: field,
  params: {
    size,
    orderBy: { type: 'column', columnId: orderedBy },
    orderDirection: 'desc',
    otherBucket: false,
    missingBucket: false,
    parentFormat: { id: 'terms' },
  },
})

const lens = ({
  title,
  visualizationType,
  visualization,
  columns,
  query,
}: {
  readonly title: string
  readonly visualizationType: string
  readonly visualization: object
  readonly columns: Readonly<Record<string, Column>>
  readonly query: string
}): Lens => {
  const references = [ofDataView(`indexpattern-datasource-layer-${LAYER}`)]
  const layer = { columns, columnOrder: Object.keys(columns), incompleteColumns: {} }
  return {
    references,
    attributes: {
      title,
      description: '',
      type: 'lens',
      visualizationType,
      references,
      state: {
        visualization,
        query: kql(query),
        filters: [],
        datasourceStates: { formBased: { layers: { [LAYER]: layer } } },
      },
    },
  }
}

/** Lines over time as stacked bars, split by a field. */
export const linesOverTime = (title: string, by: Terms, query = ''): Lens =>
  lens({
    title,
    query,
    visualizationType: 'lnsXY',
    columns: { time: overTime, split: terms(by, COUNT), [COUNT]: count },
    visualization: {
      preferredSeriesType: 'bar_stacked',
      legend: { isVisible: true, position: 'right' },
      valueLabels: 'hide',
      layers: [
        {
          layerId: LAYER,
          layerType: 'data',
          seriesType: 'bar_stacked',
          xAccessor: 'time',
          splitAccessor: 'split',
          accessors: [COUNT],
        },
      ],
    },
  })

/** A row for each combination of values: how many lines and, where asked for, a measure by which rows are ordered. */
export const linesByTerms = (title: string, by: readonly Terms[], query: string, measure?: Column): Lens => {
  const orderedBy = measure === undefined ? COUNT : 'measure'
  const columns = {
    ...Object.fromEntries(by.map((each, index) => [`by-${index}`, terms(each, orderedBy)])),
    ...(measure && { measure }),
    [COUNT]: count,
  }
  return lens({
    title,
    query,
    visualizationType: 'lnsDatatable',
    columns,
    visualization: {
      layerId: LAYER,
      layerType: 'data',
      columns: Object.keys(columns).map((columnId) => ({ columnId })),
      sorting: { columnId: orderedBy, direction: 'desc' },
    },
  })
}
