import { sentenceOf } from '../local/failure.ts'
import type { Live, Part, Proof } from './part.ts'
import { duration, verdictOf, type PartResult } from './report.ts'

/** A part, and whether people have to use the platform while it runs. */
export type Step = { part: Part; traffic: boolean }

/** What the runner does around the parts. */
export interface Surroundings {
  now(): number
  /** Lets people use the platform, from the first step on that needs it; does nothing when they do already. */
  beginTraffic(): Promise<void>
  /** Called after each part, so that what there is so far is kept. */
  save(results: readonly PartResult[]): Promise<void>
}

const ended = (error: unknown, wasStopped: boolean): Proof => ({
  findings: [
    wasStopped
      ? { what: 'it came to its end', verdict: 'not proven', detail: 'stopped' }
      : { what: 'it came to its end', verdict: 'failed', detail: sentenceOf(error) },
  ],
  figures: {},
})

const prove = async ({ part, traffic }: Step, live: Live, around: Surroundings): Promise<Proof> => {
  try {
    live.signal.throwIfAborted()
    if (traffic) await around.beginTraffic()
    return await part.prove(live)
  } catch (error) {
    return ended(error, live.signal.aborted)
  }
}

/** Runs one part after the other; what one of them throws is its own failure, and what was stopped is not proven. */
export const runSteps = async (
  steps: readonly Step[],
  live: Live,
  around: Surroundings,
): Promise<readonly PartResult[]> => {
  const results: PartResult[] = []
  for (const step of steps) {
    const { name, claim } = step.part
    const begun = around.now()
    if (!live.signal.aborted) live.say(name, claim)
    const proof = await prove(step, live, around)
    const seconds = Math.round((around.now() - begun) / 100) / 10
    results.push({ name, claim, seconds, ...proof })
    live.say(name, `${verdictOf(proof)} after ${duration(seconds)}`)
    await around.save(results)
  }
  return results
}
