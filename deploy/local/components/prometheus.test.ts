import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { SERVICES } from '../services.ts'
import { scrapeConfiguration } from './prometheus.ts'

const base = await readFile(new URL('../../../observability/prometheus/prometheus.yml', import.meta.url), 'utf8')

type Configuration = {
  scrape_configs: { job_name: string; static_configs: { targets: string[]; labels: { service: string } }[] }[]
}

const targetsOf = (text: string): Record<string, string> => {
  const { scrape_configs: jobs } = parse(text) as Configuration
  const groups = jobs.filter((job) => job.job_name !== 'probe').flatMap((job) => job.static_configs)
  return Object.fromEntries(groups.map((group) => [group.labels.service, group.targets.join()]))
}

test('every service is scraped at its management port, under its own name', () => {
  const targets = targetsOf(base)
  for (const { name, port } of Object.values(SERVICES)) assert.equal(targets[name], `127.0.0.1:${port + 1000}`)
})

const everything = new Set(Object.keys(targetsOf(base)))

test('the ports of a run take the place of the usual ones, and nothing else changes', () => {
  const run = { ports: new Map([[9081, 19_081]]), services: new Set([...everything, 'blackbox']) }
  assert.deepEqual(targetsOf(scrapeConfiguration(base, run)), { ...targetsOf(base), users: '127.0.0.1:19081' })
})

test('an address inside a link moves as well', () => {
  const run = { ports: new Map([[3000, 13_000]]), services: everything }
  assert.match(scrapeConfiguration(base, run), /grafana_url: http:\/\/127\.0\.0\.1:13000\n/)
})

test('what is not part of the run is neither scraped nor probed', () => {
  const targets = targetsOf(scrapeConfiguration(base, { ports: new Map(), services: new Set(['users', 'prometheus']) }))
  assert.deepEqual(Object.keys(targets).toSorted(), ['prometheus', 'users'])
})

test('the rules are those of the repository, wherever the configuration of the run lies', () => {
  const { rule_files: rules } = parse(scrapeConfiguration(base, { ports: new Map(), services: everything })) as {
    rule_files: string[]
  }
  assert.deepEqual(rules, [fileURLToPath(new URL('../../../observability/prometheus/rules/*.yml', import.meta.url))])
})

test('a run that has rules of its own is judged by them alone', () => {
  const run = { ports: new Map(), services: everything, rulesFolder: '/run/rules/prometheus' }
  const { rule_files: rules } = parse(scrapeConfiguration(base, run)) as { rule_files: string[] }
  assert.deepEqual(rules, ['/run/rules/prometheus/*.yml'])
})
