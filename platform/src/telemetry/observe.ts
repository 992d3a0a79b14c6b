import { isAppError } from '../errors.ts'
import { withSpan } from './context.ts'
import { histogram } from './metrics.ts'

type UseCases = Record<string, (...args: never[]) => Promise<unknown>>

const duration = histogram({
  name: 'app_use_case_duration_seconds',
  help: 'Duration of use cases by outcome: ok or the kind of error',
  labels: ['use_case', 'outcome'],
})

const isFault = (error: unknown): boolean => !isAppError(error) || error.kind === 'unavailable'

/**
 * Gives every use case a span and a duration by outcome. An expected refusal is an outcome, not a failed span.
 * The result has the same functions under the same names.
 */
export const observe = <U extends UseCases>(useCases: U): U =>
  Object.fromEntries(
    Object.entries(useCases).map(([name, run]) => [
      name,
      (...args: never[]) =>
        withSpan(
          name,
          {},
          async () => {
            const started = performance.now()
            let outcome = 'ok'
            try {
              return await run(...args)
            } catch (error) {
              outcome = isAppError(error) ? error.kind : 'fault'
              throw error
            } finally {
              duration.observe({ use_case: name, outcome }, (performance.now() - started) / 1_000)
            }
          },
          isFault,
        ),
    ]),
  ) as U
