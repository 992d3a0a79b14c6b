import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { readCatalogue } from '../../catalogue/catalogue.ts'

const RULES = join(import.meta.dirname, '..', '..', 'prometheus', 'rules')

/** What Prometheus makes itself, of targets and of alerts. */
const BUILT_IN = ['up', 'scrape_duration_seconds', 'scrape_samples_scraped', 'ALERTS', 'ALERTS_FOR_STATE']

const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
}

const recorded = (): string[] =>
  globSync('*.yml', { cwd: RULES }).flatMap((file) => {
    const { groups } = parse(readFileSync(join(RULES, file), 'utf8')) as {
      groups: { rules: { record?: string }[] }[]
    }
    return groups.flatMap(({ rules }) => rules.flatMap(({ record }) => (record === undefined ? [] : [record])))
  })

/** Every series name that a query may ask for. */
export const knownMetrics = async (): Promise<ReadonlySet<string>> => {
  const { ours, others } = await readCatalogue()
  const series = [...ours, ...others].flatMap(({ name, type }) =>
    (SUFFIXES[type] ?? ['']).map((suffix) => name + suffix),
  )
  return new Set([...BUILT_IN, ...series, ...recorded()])
}
