import { readdir, readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { z } from 'zod'
import type { Fault } from '../../faults/fault.ts'
import type { PartState } from '../../local/run-state.ts'
import type { GivenBackEnds } from '../../local/settings.ts'

const OBSERVABILITY = new URL('../../../observability/', import.meta.url)
const PROMETHEUS_RULES = new URL('prometheus/rules/', OBSERVABILITY)
const LOKI_RULES = new URL('loki/rules/fake/', OBSERVABILITY)

/** Where metrics come from that are no service's own, by the beginning of their names. */
const SOURCES: readonly (readonly [RegExp, string])[] = [
  [/\bpg_/, 'postgres-exporter'],
  [/\bredis_/, 'redis-exporter'],
  [/\bnode_/, 'node-exporter'],
  [/\bprobe_/, 'blackbox-exporter'],
  [/\belasticsearch_/, 'elasticsearch-exporter'],
  [/\botelcol_elasticsearch_/, 'elasticsearch'],
  [/\b(kafka_|otelcol_|log_lines_collected_|log_lines_untraced_)/, 'collector'],
]
/** Without these nobody is told of anything. */
const ALWAYS = ['prometheus', 'alertmanager', 'oncall']

const rules = z.object({
  groups: z.array(z.object({ rules: z.array(z.object({ alert: z.string().optional(), expr: z.string() })) })),
})

/** Of each alert, what its rules ask; and whether Loki asks it. */
export type Rules = ReadonlyMap<string, { expr: string; ofLoki: boolean }>

const readFolder = async (folder: URL, ofLoki: boolean): Promise<[string, { expr: string; ofLoki: boolean }][]> => {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yml'))
  const texts = await Promise.all(names.map((name) => readFile(new URL(name, folder), 'utf8')))
  return texts
    .flatMap((text) => rules.parse(parse(text)).groups.flatMap((group) => group.rules))
    .flatMap(({ alert, expr }) => (alert === undefined ? [] : [[alert, { expr, ofLoki }] as const]))
    .map(([alert, rule]) => [alert, rule])
}

/** The committed rules of all alerts; one with several has them all. */
export const readRules = async (): Promise<Rules> => {
  const found = new Map<string, { expr: string; ofLoki: boolean }>()
  for (const [alert, { expr, ofLoki }] of [
    ...(await readFolder(PROMETHEUS_RULES, false)),
    ...(await readFolder(LOKI_RULES, true)),
  ]) {
    found.set(alert, { expr: `${found.get(alert)?.expr ?? ''}\n${expr}`, ofLoki })
  }
  return found
}

/** The parts without which a fault cannot be made, seen or told. */
export const needsOf = (fault: Fault, known: Rules): string[] => {
  const { injection, sli, alerts } = fault
  const asked = alerts.map(({ alert }) => known.get(alert))
  const text = [sli.query, ...asked.map((rule) => rule?.expr ?? '')].join('\n')
  return [
    ...new Set([
      ...ALWAYS,
      ...('part' in injection ? [injection.part] : []),
      ...SOURCES.flatMap(([metric, part]) => (metric.test(text) ? [part] : [])),
      ...(asked.some((rule) => rule?.ofLoki === true) ? ['loki', 'collector'] : []),
    ]),
  ]
}

/** Why a fault cannot be tried in this run; undefined when it can. What runs elsewhere can be asked, but not broken. */
export const whyNot = (
  fault: Fault,
  known: Rules,
  { parts, given }: { parts: readonly PartState[]; given: GivenBackEnds },
): string | undefined => {
  const { injection } = fault
  for (const name of needsOf(fault, known)) {
    const part = parts.find((each) => each.name === name)
    if (part?.state === 'skipped') return `${name} was left out: ${part.detail?.split('\n')[0] ?? ''}`
    if (part !== undefined) continue
    const isElsewhere = name in given && given[name as keyof GivenBackEnds] !== undefined
    if (isElsewhere && !('part' in injection && injection.part === name)) continue
    return isElsewhere ? `${name} runs elsewhere` : `${name} is not part of this run`
  }
  return undefined
}
