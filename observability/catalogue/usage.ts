import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { filesOf } from './assets.ts'
import { promqlOfVariable, readPromql } from '../grafana/lint/promql.ts'

/** What Grafana itself asks Prometheus for to draw the graph of services. */
const SERVICE_MAP = [
  'traces_service_graph_request_failed_total',
  'traces_service_graph_request_server_seconds_sum',
  'traces_service_graph_request_total',
]

/** Every object in a document, however deep it lies. */
const objectsIn = (value: unknown): Record<string, unknown>[] => {
  if (typeof value !== 'object' || value === null) return []
  const inner = Object.values(value).flatMap(objectsIn)
  return Array.isArray(value) ? inner : [value as Record<string, unknown>, ...inner]
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const metricsIn = (expr: string): string[] => [...readPromql(expr).metrics]

const ofPanel = ({ expr, datasource, queryType }: Record<string, unknown>): string[] => {
  if (queryType === 'serviceMap') return SERVICE_MAP
  const { type } = (datasource ?? {}) as { type?: unknown }
  return type === 'prometheus' ? metricsIn(text(expr)) : []
}

const ofVariable = ({ definition }: Record<string, unknown>): string[] => metricsIn(promqlOfVariable(text(definition)))

export type Usage = { readonly metric: string; readonly file: string }

/** Which metrics dashboards and rules read; what rules record themselves is left out. */
export const readUsage = async (): Promise<Usage[]> => {
  const used: Usage[] = []
  const recorded = new Set<string>()
  const note = (file: string, metrics: readonly string[]): void => {
    used.push(...metrics.map((metric) => ({ metric, file })))
  }
  for (const { file, path } of await filesOf('grafana/dashboards/**/*.json'))
    for (const object of objectsIn(JSON.parse(await readFile(path, 'utf8'))))
      note(file, [...ofPanel(object), ...ofVariable(object)])
  for (const { file, path } of await filesOf('prometheus/rules/*.yml'))
    for (const { expr, record } of objectsIn(parse(await readFile(path, 'utf8')))) {
      note(file, metricsIn(text(expr)))
      if (typeof record === 'string') recorded.add(record)
    }
  return used.filter(({ metric }) => !recorded.has(metric))
}
