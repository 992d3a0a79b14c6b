import type { z } from 'zod'
import type { Target } from './target.ts'

/**
 * A way to break something and to mend it. `Undo` is all that mending needs; it is written to a file before anything is
 * broken, so that another process can mend what was left behind.
 */
export type Breaker<Undo = unknown> = {
  /** Looks whether it can be done, and changes nothing. @throws Failure that says what is missing */
  prepare(target: Target): Promise<Undo>
  /** Breaks it; what goes on until the repair (a loop, open sessions) ends when the result is disposed. */
  apply(target: Target, undo: Undo): Promise<AsyncDisposable>
  /** Makes all as it was, from any process, however far `apply` came, as often as it is called. */
  mend(target: Target, undo: Undo): Promise<void>
}

/** Nothing goes on: it is broken, and stays so. */
export const nothingGoesOn: AsyncDisposable = { [Symbol.asyncDispose]: () => Promise.resolve() }

/** Forgets the type of `Undo`, which is checked when it comes back from the file. */
export const breaker = <Undo>(schema: z.ZodType<Undo>, typed: Breaker<Undo>): Breaker => ({
  prepare: typed.prepare,
  apply: (target, undo) => typed.apply(target, schema.parse(undo)),
  mend: (target, undo) => typed.mend(target, schema.parse(undo)),
})
