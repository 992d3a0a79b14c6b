import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fault } from '../../faults/fault.ts'
import type { PartState } from '../../local/run-state.ts'
import { needsOf, readRules, whyNot } from './needs.ts'

const faultOf = (o: Partial<Fault>): Fault => ({
  name: 'x',
  breaks: '',
  see: { dashboard: '', panel: '' },
  injection: { by: 'attack', name: 'x' },
  sli: { query: 'up', is: 'below', bound: 1 },
  alerts: [],
  hard: false,
  ...o,
})
const alerts = (alert: string) => [{ alert, service: 's', withinSeconds: 1 }]
const ALWAYS = ['prometheus', 'alertmanager', 'oncall']
const ready = (...names: string[]): PartState[] =>
  [...ALWAYS, ...names].map((name) => ({ name, state: 'ready', since: '', restarts: 0 }))

test('a fault needs the part it breaks, and whatever makes the metrics of its indicator and its alerts', async () => {
  const rules = await readRules()
  const stop = faultOf({ injection: { by: 'stop', part: 'postgres' }, alerts: alerts('PostgresDown') })
  assert.deepEqual(needsOf(stop, rules), [...ALWAYS, 'postgres', 'postgres-exporter'])
  const full = faultOf({ sli: { query: 'redis_memory_used_bytes', is: 'above', bound: 1 } })
  assert.deepEqual(needsOf(full, rules), [...ALWAYS, 'redis-exporter'])
  const refused = { query: 'rate(otelcol_elasticsearch_docs_processed_total[1m])', is: 'above', bound: 0 } as const
  assert.deepEqual(needsOf(faultOf({ sli: refused }), rules), [...ALWAYS, 'elasticsearch', 'collector'])
  assert.deepEqual(needsOf(faultOf({ alerts: alerts('SecretInLogs') }), rules), [...ALWAYS, 'loki', 'collector'])
  assert.deepEqual(needsOf(faultOf({ alerts: alerts('ErrorRatioHigh') }), rules), ALWAYS)
})

test('what was left out makes a fault impossible, with the reason', async () => {
  const rules = await readRules()
  const fault = faultOf({ injection: { by: 'stop', part: 'tempo' } })
  const given = {}
  assert.equal(whyNot(fault, rules, { parts: ready('tempo'), given }), undefined)
  const skipped: PartState = { name: 'tempo', state: 'skipped', detail: 'no Go\nmore', since: '', restarts: 0 }
  assert.equal(whyNot(fault, rules, { parts: [...ready(), skipped], given }), 'tempo was left out: no Go')
  assert.equal(whyNot(fault, rules, { parts: ready(), given }), 'tempo is not part of this run')
})

test('what runs elsewhere is asked, but not broken', async () => {
  const rules = await readRules()
  const run = { parts: ready('collector'), given: { loki: 'http://elsewhere' } }
  assert.equal(whyNot(faultOf({ alerts: alerts('FatalLines') }), rules, run), undefined)
  assert.equal(whyNot(faultOf({ injection: { by: 'stop', part: 'loki' } }), rules, run), 'loki runs elsewhere')
})
