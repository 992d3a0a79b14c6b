import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import type { Elasticsearch } from './client.ts'

// What ILM does by itself, for a server without it: the same policy, carried out by the calls below.

const policySchema = z.object({
  policy: z.object({
    phases: z.object({
      hot: z.object({
        actions: z.object({ rollover: z.object({ max_age: z.string(), max_primary_shard_size: z.string() }) }),
      }),
      delete: z.object({ min_age: z.string() }),
    }),
  }),
})

const streamsSchema = z.object({
  data_streams: z.array(z.object({ name: z.string(), indices: z.array(z.object({ index_name: z.string() })) })),
})

const settingsSchema = z.record(
  z.string(),
  z.object({ settings: z.object({ index: z.object({ creation_date: z.coerce.number() }) }) }),
)

export type Retention = { rolloverAge: string; rolloverSize: string; keepMs: number }

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

const parseDuration = (text: string): number => {
  const [, count, unit = ''] = /^(\d+)(ms|s|m|h|d)$/.exec(text) ?? []
  const unitMs = UNIT_MS[unit]
  if (count === undefined || unitMs === undefined) throw new Error(`"${text}" is no duration`)
  return Number(count) * unitMs
}

export const retentionOf = (policy: unknown): Retention => {
  const { hot, delete: removal } = policySchema.parse(policy).policy.phases
  const { max_age: rolloverAge, max_primary_shard_size: rolloverSize } = hot.actions.rollover
  return { rolloverAge, rolloverSize, keepMs: parseDuration(removal.min_age) }
}

export const readPolicy = async (): Promise<unknown> =>
  JSON.parse(await readFile(new URL('ilm-policy.json', import.meta.url), 'utf8')) as unknown

/** The backing indices that took their last line longer ago than `keepMs`: an index does so when the next one is made. */
const outdated = async (elasticsearch: Elasticsearch, names: readonly string[], before: number): Promise<string[]> => {
  const answer = await elasticsearch.send('GET', `/${names.join()}/_settings/index.creation_date`)
  const settings = settingsSchema.parse(answer)
  return names.slice(0, -1).filter((_name, i) => {
    const next = settings[names[i + 1] ?? '']?.settings.index.creation_date
    return next !== undefined && next < before
  })
}

/** Rolls the data streams over and deletes the backing indices that are too old; returns the names of both. */
export const applyRetention = async (
  elasticsearch: Elasticsearch,
  retention: Retention,
  now = Date.now(),
): Promise<{ rolledOver: string[]; deleted: string[] }> => {
  const rolledOver: string[] = []
  const deleted: string[] = []
  const { data_streams: streams } = streamsSchema.parse(await elasticsearch.send('GET', '/_data_stream/logs-pharos-*'))
  for (const { name, indices } of streams) {
    const names = indices.map((index) => index.index_name)
    for (const index of await outdated(elasticsearch, names, now - retention.keepMs)) {
      await elasticsearch.send('DELETE', `/${index}`)
      deleted.push(index)
    }
    const conditions = { max_age: retention.rolloverAge, max_size: retention.rolloverSize }
    const answer = await elasticsearch.send('POST', `/${name}/_rollover`, { conditions })
    if (z.object({ rolled_over: z.boolean() }).parse(answer).rolled_over) rolledOver.push(name)
  }
  return { rolledOver, deleted }
}
