import { isAppError } from '../errors.ts'
import { withSpan } from './context.ts'
import type { Frame } from './context.ts'
import { histogram } from './metrics.ts'
import { SpanShape } from './span-shape.ts'

type UseCases = Record<string, (...args: never[]) => Promise<unknown>>

const duration = histogram({
  name: 'app_use_case_duration_seconds',
  help: 'Duration of use cases by outcome: ok or the kind of error',
  labels: ['use_case', 'outcome'],
})

const isFault = (error: unknown): boolean => !isAppError(error) || error.kind === 'unavailable'

const outcomeOf = (error: unknown): string => {
  if (error === undefined) return 'ok'
  return isAppError(error) ? error.kind : 'fault'
}

const observed = (useCase: string, run: UseCases[string]): UseCases[string] => {
  const shape = new SpanShape(useCase, 'internal')
  const watch = {
    isFault,
    ended: (seconds: number, error: unknown, frame: Frame | undefined): void =>
      duration.observe({ use_case: useCase, outcome: outcomeOf(error) }, seconds, frame),
  }
  return (...args) => withSpan(shape, () => run(...args), watch)
}

/**
 * Gives every use case a span and a duration by outcome. An expected refusal is an outcome, not a failed span.
 * The result has the same functions under the same names.
 */
export const observe = <U extends UseCases>(useCases: U): U =>
  Object.fromEntries(Object.entries(useCases).map(([name, run]) => [name, observed(name, run)])) as U
