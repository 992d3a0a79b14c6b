import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { z } from 'zod'

export const services = ['gateway', 'users', 'auth', 'posts', 'notifications', 'relations'] as const

/** Who else serves metrics that dashboards and alerts read. */
const sources = [
  'alertmanager',
  'blackbox-exporter',
  'collector',
  'elasticsearch-exporter',
  'loki',
  'node-exporter',
  'oncall',
  'pipeline',
  'postgres-exporter',
  'prometheus',
  'redis-exporter',
  'tempo',
] as const

const description = {
  name: z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/),
  type: z.enum(['counter', 'gauge', 'histogram', 'summary', 'unknown']),
  unit: z.enum(['seconds', 'bytes']).optional(),
  labels: z.array(z.string().regex(/^[a-z_][a-z0-9_]*$/)),
  help: z.string().regex(/^\S.*\.$/, 'is one sentence with a full stop'),
}

const file = z.strictObject({
  labels: z.record(z.string(), z.string().min(1)),
  services: z.array(
    z.strictObject({
      topic: z.string().min(1),
      metrics: z
        .array(z.strictObject({ ...description, from: z.union([z.literal('all'), z.array(z.enum(services)).min(1)]) }))
        .min(1),
    }),
  ),
  others: z.array(
    z.strictObject({
      topic: z.string().min(1),
      from: z.enum(sources),
      metrics: z.array(z.strictObject(description)).min(1),
    }),
  ),
})

export type Metric = {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary' | 'unknown'
  readonly unit?: string | undefined
  /** Without `le` and `quantile` of histograms and summaries, and without what the scrape adds. */
  readonly labels: readonly string[]
  /** Services or one other source. */
  readonly from: readonly string[]
  readonly topic: string
  readonly help: string
}

export type Catalogue = {
  /** Where the values of each label of the services come from. */
  readonly labels: Readonly<Record<string, string>>
  /** What the services serve. */
  readonly ours: readonly Metric[]
  /** What dashboards and alerts read of others. */
  readonly others: readonly Metric[]
}

/** @throws ZodError or YAMLParseError that names what is wrong */
export const parseCatalogue = (text: string): Catalogue => {
  const { labels, services: ours, others } = file.parse(parse(text))
  return {
    labels,
    ours: ours.flatMap(({ topic, metrics }) =>
      metrics.map((metric) => ({ ...metric, topic, from: metric.from === 'all' ? services : metric.from })),
    ),
    others: others.flatMap(({ topic, from, metrics }) => metrics.map((metric) => ({ ...metric, topic, from: [from] }))),
  }
}

export const readCatalogue = async (): Promise<Catalogue> =>
  parseCatalogue(await readFile(new URL('metrics.yaml', import.meta.url), 'utf8'))
