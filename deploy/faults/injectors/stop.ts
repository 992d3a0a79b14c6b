import { z } from 'zod'
import { breaker, nothingGoesOn, type Breaker } from '../breaker.ts'
import { pause, repeatedly } from '../repeat.ts'
import type { Target } from '../target.ts'
import { continueTree, identity, processOf, requireProcess, stopTree } from './processes.ts'

const undo = z.object({ root: identity })
type Undo = z.infer<typeof undo>

const prepare =
  (part: string) =>
  async ({ settings }: Target): Promise<Undo> => ({ root: requireProcess(settings.home, part) })

const mend = async (_target: Target, { root }: Undo): Promise<void> => continueTree(root)

/** SIGSTOP to a part and all that it has started, until the repair. */
export const stop = (part: string): Breaker =>
  breaker(undo, {
    prepare: prepare(part),
    apply: async (_target, { root }) => {
      stopTree(root)
      return nothingGoesOn
    },
    mend,
  })

/** Stopped and let go in turn. A part that was started anew meanwhile goes on as it is, and is stopped in its turn. */
export const stutter = (part: string, o: { forMs: number; thenMs: number }): Breaker =>
  breaker(undo, {
    prepare: prepare(part),
    apply: async ({ settings }) =>
      repeatedly(o.forMs + o.thenMs, async (signal) => {
        const root = processOf(settings.home, part)
        if (root === undefined) return
        stopTree(root)
        try {
          await pause(o.forMs, signal)
        } finally {
          continueTree(root)
        }
      }),
    mend,
  })
