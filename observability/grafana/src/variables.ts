import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import {
  ConstantVariableBuilder,
  CustomVariableBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  VariableHide,
  VariableRefresh,
  VariableSort,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { refOf, sources, type Source } from './sources.ts'

export type Variable = Builder<VariableModel>

const ALL = { text: 'All', value: '$__all' }

/** One per store, in every dashboard; to be seen only where a panel asks that store. */
export const sourceVariables = (asked: ReadonlySet<Source>): Variable[] =>
  sources.map((source) =>
    new DatasourceVariableBuilder(source)
      .label(source[0]?.toUpperCase() + source.slice(1))
      .description(`The ${source} that this dashboard asks.`)
      .type(source)
      .current({ text: source, value: source })
      .hide(asked.has(source) ? VariableHide.DontHide : VariableHide.HideVariable),
  )

type Choice = { readonly name: string; readonly label: string; readonly description: string }

/** Values of a Prometheus label, several of which may be chosen. `all` stands for every value where a list would be too long. */
export const labelVariable = ({
  name,
  label,
  description,
  of,
  all,
}: Choice & { of: string; all?: string }): Variable => {
  const variable = new QueryVariableBuilder(name)
    .label(label)
    .description(description)
    .datasource(refOf('prometheus'))
    .query({ query: of, refId: name })
    .definition(of)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .multi(true)
    .includeAll(true)
    .current(ALL)
  variable.sort(VariableSort.AlphabeticalAsc)
  return all === undefined ? variable : variable.allValue(all)
}

// No value of its own for All: Grafana spells the list out for each store's language, where `.+` would suit only some.
export const serviceVariable = (): Variable =>
  labelVariable({
    name: 'service',
    label: 'Service',
    description: 'One or several of our services.',
    of: 'label_values(app_info, service)',
  })

export const routeVariable = (): Variable =>
  labelVariable({
    name: 'route',
    label: 'Route',
    description: 'Route templates that the chosen services have answered.',
    of: 'label_values(http_server_request_duration_seconds_count{service=~"$service"}, route)',
    all: '.*',
  })

export const instanceVariable = (): Variable =>
  labelVariable({
    name: 'instance',
    label: 'Instance',
    description: 'Processes of the chosen services, by the address of their management port.',
    of: 'label_values(app_info{service=~"$service"}, instance)',
    all: '.*',
  })

/** A fixed list; the first is chosen unless `several`, where all are. */
export const choiceVariable = ({
  name,
  label,
  description,
  values,
  several = false,
}: Choice & { values: readonly string[]; several?: boolean }): Variable => {
  const [first = ''] = values
  return new CustomVariableBuilder(name)
    .label(label)
    .description(description)
    .values(values.join(','))
    .multi(several)
    .includeAll(several)
    .current(several ? ALL : { text: first, value: first })
}

/** How far back tables and tiles look; graphs take `$__rate_interval`. */
export const windowVariable = (): Variable =>
  choiceVariable({
    name: 'window',
    label: 'Window',
    description: 'How far back tables and tiles look. Graphs follow the time range.',
    values: ['5m', '15m', '1h', '6h', '1d'],
  })

export const levelVariable = (): Variable =>
  choiceVariable({
    name: 'level',
    label: 'Level',
    description: 'Levels of log lines.',
    values: ['error', 'warn', 'info', 'debug'],
    several: true,
  })

/** What somebody types. The value of the beginning must not match everything in a filter. */
export const textVariable = ({ name, label, description, value = '' }: Choice & { value?: string }): Variable =>
  new TextBoxVariableBuilder(name)
    .label(label)
    .description(description)
    .defaultValue(value)
    .current({ text: value, value })

/** What a field is in the documents that a Lucene query finds: the way from one id of a request to another. */
export const foundVariable = ({
  name,
  label,
  description,
  field,
  lucene,
}: Choice & { field: string; lucene: string }): Variable =>
  new QueryVariableBuilder(name)
    .label(label)
    .description(description)
    .datasource(refOf('elasticsearch'))
    .query(JSON.stringify({ find: 'terms', field, query: lucene, size: 10 }))
    .refresh(VariableRefresh.OnTimeRangeChanged)

/** Where the on-call receiver serves the runbooks; a list of alerts links there. */
export const runbooksVariable = (): Variable =>
  new ConstantVariableBuilder('runbooks')
    .label('Runbooks')
    .description('Where the runbooks are served.')
    .value('http://127.0.0.1:9095/runbooks')
