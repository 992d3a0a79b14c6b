import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inhibitionsOf, readInhibitions } from './inhibitions.ts'

const of = (alert: string, service?: string) => ({ alert, ...(service !== undefined && { service }) })

const rule = (source: string, target: string, equal = '[]') =>
  inhibitionsOf(`inhibit_rules: [{ source_matchers: ['${source}'], target_matchers: ['${target}'], equal: ${equal} }]`)

test('what is gone holds back what follows from it, and nothing else', async () => {
  const holdsBack = await readInhibitions()
  const cases: [boolean, [string, string], [string, string]][] = [
    [true, ['PostgresDown', 'postgres'], ['NotReady', 'users']],
    [true, ['PostgresDown', 'postgres'], ['SlowStatements', 'posts']],
    [false, ['PostgresDown', 'postgres'], ['AvailabilityBudgetBurn', 'users']],
    [false, ['NotReady', 'users'], ['PostgresDown', 'postgres']],
    [true, ['TargetDown', 'users'], ['NotReady', 'users']],
    [false, ['TargetDown', 'users'], ['NotReady', 'posts']],
    [true, ['TargetDown', 'auth'], ['RegistrationsStopped', 'platform']],
    [false, ['TargetDown', 'posts'], ['RegistrationsStopped', 'platform']],
    [true, ['TargetDown', 'loki'], ['CollectorQueueFull', 'collector']],
    [false, ['RedisDown', 'redis'], ['KafkaBrokerDown', 'kafka']],
    [false, ['RestartedUnexpectedly', 'users'], ['RestartedUnexpectedly', 'auth']],
  ]
  for (const [expected, source, target] of cases) {
    assert.equal(holdsBack(of(...source), of(...target)), expected, `${source.join(' ')} and ${target.join(' ')}`)
  }
})

test('what is not known of an alert is taken to fit', async () => {
  const holdsBack = await readInhibitions()
  assert.ok(holdsBack(of('TargetDown'), of('NotReady', 'users')))
  assert.ok(holdsBack(of('TargetDown', ''), of('NotReady', 'users')))
  assert.ok(holdsBack(of('TargetDown', 'users'), of('NotReady')))
  // Of one name and service, the worse holds back the other; which is worse is not known.
  assert.ok(holdsBack(of('SlowStatements', 'posts'), of('SlowStatements', 'posts')))
})

test('a matcher is for the whole label, and may say what is not meant', () => {
  const [a, b] = [of('A', 'x'), of('AB', 'x')]
  assert.deepEqual(
    [rule('alertname="A"', 'service="x"')(a, a), rule('alertname="A"', 'service="x"')(b, a)],
    [true, false],
  )
  assert.deepEqual([rule('alertname=~"A|C"', 'a="1"')(a, a), rule('alertname=~"A|C"', 'a="1"')(b, a)], [true, false])
  assert.deepEqual([rule('alertname!="A"', 'a="1"')(a, a), rule('alertname!="A"', 'a="1"')(b, a)], [false, true])
  assert.deepEqual([rule('alertname!~"A"', 'a="1"')(a, a), rule('alertname !~ A', 'a="1"')(b, a)], [false, true])
})

test('labels that must be equal are compared when both are known', () => {
  const all = (equal: string) => rule('a="1"', 'a="1"', equal)
  assert.equal(all('[service]')(of('A', 'x'), of('B', 'y')), false)
  assert.equal(all('[alertname]')(of('A', 'x'), of('B', 'x')), false)
  assert.equal(all('[slo]')(of('A', 'x'), of('B', 'y')), true)
})
