import type { z } from 'zod'
import { WIRE_FAULT } from '../contracts/http/fields.ts'
import type { Operation } from '../contracts/http/define.ts'
import { AppError } from '../errors.ts'
import { invalidInput, validationFailed } from './faults.ts'

type Issue = z.core.$ZodIssue

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | null | undefined)?.[key], value)

/** A wrong JSON type or form, as opposed to a rule that a well-formed value breaks. A missing field is the latter. */
const isWireFault = (issue: Issue, input: unknown): boolean =>
  issue.code === 'custom'
    ? issue.params?.['fault'] === WIRE_FAULT
    : issue.code === 'invalid_type' && valueAt(input, issue.path) !== undefined

const withoutNulls = (input: unknown): unknown =>
  typeof input === 'object' && input !== null && !Array.isArray(input)
    ? Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null))
    : input

/** Checks the body of a request; a field that is null counts as absent. @throws AppError as `validate` does */
export const validateBody = <S extends z.ZodType>(schema: S, body: unknown, operation: Operation): z.output<S> =>
  validate(schema, withoutNulls(body), operation)

/**
 * Checks a part of a request.
 * @throws AppError `invalid input` for a wrong type or form, `validation failed` with details for a broken rule, or
 * the operation's own refusal for both where it has one
 */
export const validate = <S extends z.ZodType>(schema: S, input: unknown, operation: Operation): z.output<S> => {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const { issues } = parsed.error
  if (!operation.invalid && issues.some((issue) => isWireFault(issue, input))) throw invalidInput()
  const details = issues.map(({ path, message }) => ({ path: path.join('.'), message }))
  if (operation.invalid) throw new AppError('invalid', operation.invalid.code, operation.invalid.message, { details })
  throw validationFailed(details)
}
