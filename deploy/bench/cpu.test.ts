import assert from 'node:assert/strict'
import { test } from 'node:test'
import { busySecondsOfStat, cpuSeconds, ticksOfStat } from './cpu.ts'

const statWith = (name: string): string =>
  `4711 (${name}) S 1 4711 4711 0 -1 4194560 5000 0 0 0 120 30 7 3 20 0 11 0 99 1000000 500 0 0`

test('the ticks of a process are those of its threads and of its ended children, in user and system mode', () =>
  assert.equal(ticksOfStat(statWith('node')), 160))

test('a process may be called anything', () => assert.equal(ticksOfStat(statWith('a) S 1 (b')), 160))

test('a process that is gone has used nothing that can be seen', () => assert.equal(ticksOfStat(''), 0))

test('the machine is busy with everything but idling and waiting', () =>
  assert.equal(busySecondsOfStat('cpu  100 10 50 9000 800 5 15 20 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n'), 2))

test('a process sees its own work', () => {
  const before = cpuSeconds(process.pid)
  const until = performance.now() + 60
  while (performance.now() < until);
  assert.ok(cpuSeconds(process.pid) > before)
})

test('no process has used nothing', () => assert.equal(cpuSeconds(0), 0))
