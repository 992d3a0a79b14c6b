import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '../local/failure.ts'
import type { Live, Part, Proof } from './part.ts'
import { verdictOf, type PartResult } from './report.ts'
import { runSteps, type Step } from './run.ts'

const PROVEN: Proof = { findings: [{ what: 'it', verdict: 'proven' }], figures: {} }

const play = async (proofs: Record<string, (live: Live) => Promise<Proof>>, traffic: readonly string[] = []) => {
  const stopping = new AbortController()
  const events: string[] = []
  let clock = 0
  const live = { say: () => {}, signal: stopping.signal } as unknown as Live
  const steps = Object.entries(proofs).map(([name, prove]): Step => {
    const proving: Part['prove'] = (it) => {
      events.push(name)
      clock += 2000
      return prove(it)
    }
    const part: Part = { name, claim: '', prove: proving }
    return { part, traffic: traffic.includes(name) }
  })
  const saved: number[] = []
  const results = await runSteps(steps, { ...live, stop: () => stopping.abort() } as Live, {
    now: () => clock,
    beginTraffic: async () => void events.push('traffic'),
    save: async (soFar: readonly PartResult[]) => void saved.push(soFar.length),
  })
  return { results, events, saved, verdicts: results.map((each) => `${each.name} ${verdictOf(each)}`) }
}

const stop = (live: Live): void => (live as Live & { stop: () => void }).stop()

test('parts run in order with their own time, and what there is is saved after each', async () => {
  const { results, saved } = await play({ quiet: async () => PROVEN, faults: async () => PROVEN })
  assert.deepEqual(
    results.map(({ name, seconds }) => [name, seconds]),
    [
      ['quiet', 2],
      ['faults', 2],
    ],
  )
  assert.deepEqual(saved, [1, 2])
})

test('people come before the first part that needs them', async () => {
  const { events } = await play({ signals: async () => PROVEN, quiet: async () => PROVEN }, ['quiet'])
  assert.deepEqual(events, ['signals', 'traffic', 'quiet'])
})

test('what a part throws is its failure, and the next one runs', async () => {
  const broken = async (): Promise<Proof> => {
    throw new Failure('Loki does not answer.')
  }
  const { results, verdicts } = await play({ parity: broken, faults: async () => PROVEN })
  assert.deepEqual(verdicts, ['parity failed', 'faults proven'])
  assert.equal(results[0]?.findings[0]?.detail, 'Loki does not answer.')
})

test('what was stopped, and what would have come after it, is not proven and not failed', async () => {
  const stopped = async (live: Live): Promise<Proof> => {
    stop(live)
    live.signal.throwIfAborted()
    return PROVEN
  }
  const { events, verdicts } = await play({ quiet: stopped, faults: async () => PROVEN })
  assert.deepEqual(verdicts, ['quiet not proven', 'faults not proven'])
  assert.deepEqual(events, ['quiet'])
})
