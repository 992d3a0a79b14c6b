import { z } from 'zod'
import { askJson, search } from '../ops/queries/ask-json.ts'

const answer = z.object({
  data: z.object({
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) })),
  }),
})

/** A value of an instant query, with its labels. */
export type Sum = { labels: Readonly<Record<string, string>>; value: number }

const ask = async (url: string): Promise<Sum[]> => {
  const { data } = await askJson(answer, url)
  return data.result.map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }))
}

/** What Prometheus answers to an instant query at a time, in ms since 1970. */
export const prometheusSums = (url: string, query: string, atMs: number): Promise<Sum[]> =>
  ask(`${url}/api/v1/query?${search({ query, time: atMs / 1000 })}`)

/** What Loki answers to an instant query about lines, at a time in ms since 1970. */
export const lokiSums = (url: string, query: string, atMs: number): Promise<Sum[]> =>
  // Nanoseconds, so that the border lies between two lines and not within a second.
  ask(`${url}/loki/api/v1/query?${search({ query, time: `${Math.round(atMs)}000000` })}`)
