import type { Operation } from '@pharos/platform/contracts/http/define'
import type { Answer } from './api.ts'

/** An answer that the contract gives to a case: a success, or a refusal with its text. */
export type Expected = 'success' | { readonly status: number; readonly message: string }

/**
 * `limited`: too many requests, which is an answer to how many there are. `failed`: something was away or too slow, or
 * there was no answer. `unexpected`: anything else that is not what the contract says.
 */
export type Verdict = 'ok' | 'limited' | 'failed' | 'unexpected'

const AWAY = new Set([502, 503, 504])
const TOO_MANY = 429

/** Whether the data is what the operation promises, and its message too. */
const keepsPromise = ({ success }: Operation, { data, message }: Answer): boolean =>
  (success.message === undefined || success.message === message) &&
  (success.data === undefined || success.data.safeParse(data).success)

const fits = (operation: Operation, answer: Answer, expected: Expected): boolean =>
  expected === 'success'
    ? answer.status === operation.success.status && keepsPromise(operation, answer)
    : answer.status === expected.status && answer.message === expected.message

export const judge = (operation: Operation, answer: Answer, expected: readonly Expected[]): Verdict => {
  if (expected.some((each) => fits(operation, answer, each))) return 'ok'
  if (answer.status === TOO_MANY) return 'limited'
  return answer.status === undefined || AWAY.has(answer.status) ? 'failed' : 'unexpected'
}

const sentence = (expected: Expected): string =>
  expected === 'success' ? 'a success as in the contract' : `${expected.status} "${expected.message}"`

/** What came and what should have come, for a reader. */
export const contradiction = (answer: Answer, expected: readonly Expected[]): string => {
  const came = answer.status === undefined ? `no answer (${answer.fault})` : `${answer.status}`
  const text = answer.message === undefined ? '' : ` "${answer.message}"`
  return `${came}${text} in place of ${expected.map(sentence).join(' or ')}`
}
