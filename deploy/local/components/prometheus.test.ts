import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { parse } from 'yaml'
import { SERVICES } from '../services.ts'
import { withPorts } from './prometheus.ts'

const base = await readFile(new URL('../../../observability/prometheus/prometheus.yml', import.meta.url), 'utf8')

type Configuration = {
  scrape_configs: { job_name: string; static_configs: { targets: string[]; labels: { service: string } }[] }[]
}

const targetsOf = (text: string): Record<string, string> => {
  const { scrape_configs: jobs } = parse(text) as Configuration
  const groups = jobs.flatMap((job) => job.static_configs)
  return Object.fromEntries(groups.map((group) => [group.labels.service, group.targets.join()]))
}

test('every service is scraped at its management port, under its own name', () => {
  const targets = targetsOf(base)
  for (const { name, port } of Object.values(SERVICES)) assert.equal(targets[name], `127.0.0.1:${port + 1000}`)
})

test('the ports of a run take the place of the usual ones, and nothing else changes', () => {
  const targets = targetsOf(withPorts(base, new Map([[9081, 19_081]])))
  assert.deepEqual(targets, { ...targetsOf(base), users: '127.0.0.1:19081' })
})
