import { z } from 'zod'
import { askJson, askText, search } from '../../ops/queries/ask-json.ts'
import type { Window } from './line.ts'

const exemplars = z.object({
  data: z.array(
    z.object({
      seriesLabels: z.record(z.string(), z.string()),
      exemplars: z.array(z.object({ labels: z.record(z.string(), z.string()) })),
    }),
  ),
})

const vector = z.object({ data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }) })
const names = z.object({ data: z.array(z.string()) })

/** A point on a curve that names a request. */
export type Exemplar = { metric: string; service: string; traceId: string; spanId: string }

const seconds = ({ fromMs, toMs }: Window) => ({ start: fromMs / 1000, end: toMs / 1000 })

/** The exemplars of the series that a selector names. */
export const exemplarsOf = async (url: string, selector: string, window: Window): Promise<Exemplar[]> => {
  const path = `query_exemplars?${search({ query: selector, ...seconds(window) })}`
  const { data } = await askJson(exemplars, `${url}/api/v1/${path}`)
  return data.flatMap(({ seriesLabels, exemplars: found }) =>
    found.map(({ labels }) => ({
      metric: seriesLabels['__name__'] ?? '',
      // What the collector makes of spans is scraped from it, and names their service in a label of its own.
      service: seriesLabels['service_name'] ?? seriesLabels['service'] ?? '',
      traceId: labels['trace_id'] ?? '',
      spanId: labels['span_id'] ?? '',
    })),
  )
}

/** The value of an instant query of one series, or undefined when there is none. */
export const instantValue = async (url: string, query: string): Promise<number | undefined> => {
  const { data } = await askJson(vector, `${url}/api/v1/query?${search({ query })}`)
  const value = data.result[0]?.value[1]
  return value === undefined ? undefined : Number(value)
}

/** Every name and value of every label, and every exemplar, of a time. */
export const prometheusTexts = async (url: string, window: Window): Promise<string[]> => {
  const range = search(seconds(window))
  const labels = (await askJson(names, `${url}/api/v1/labels?${range}`)).data
  const values = await Promise.all(
    labels.map(async (label) => (await askJson(names, `${url}/api/v1/label/${label}/values?${range}`)).data),
  )
  const query = search({ query: '{__name__=~".+"}', ...seconds(window) })
  const points = await askText(`${url}/api/v1/query_exemplars?${query}`)
  return [...labels, ...values.flat(), points ?? '']
}
