import { z } from 'zod'

/*
 * Two faults are told apart by the public contract: `invalid input` (the wire form is wrong: not JSON, a wrong JSON
 * type, a path id that is no integer) and `validation failed` (a rule on a well-formed field). A schema marks the
 * first kind with `WIRE_FAULT`; `http/validate.ts` reads the mark, and zod's own `invalid_type`, from the issues.
 */
export const WIRE_FAULT = 'invalid input'

const INTEGER = /^[+-]?\d+$/

/** Lengths are counted in Unicode code points, as the contract says, and U+0000 is refused: no store takes it. */
export const text = (min: number, max: number) =>
  z
    .string()
    .refine((value) => codePoints(value) >= min, {
      message: min === 1 ? 'must not be empty' : `must have at least ${min} characters`,
    })
    .refine((value) => codePoints(value) <= max, { message: `must have at most ${max} characters` })
    .refine((value) => !value.includes('\u0000'), { message: 'must not contain control character U+0000' })
    .refine((value) => value.isWellFormed(), { message: 'must be well-formed Unicode' })
    .meta({ minLength: min, maxLength: max })

const codePoints = (value: string): number => {
  let count = value.length
  for (let index = 0; index < value.length; index += 1) {
    const unit = value.charCodeAt(index)
    if (unit >= 0xd800 && unit <= 0xdbff) count -= 1
  }
  return count
}

/** An id in a path: digits that make an integer of at least 1. */
export const pathId = z
  .string()
  .refine((value) => INTEGER.test(value) && Number.isSafeInteger(Number(value)), {
    params: { fault: WIRE_FAULT },
    message: 'must be an integer',
    abort: true,
  })
  .transform(Number)
  .refine((value) => value >= 1, { message: 'must be at least 1' })
  .meta({ type: 'integer', minimum: 1 })

/** An id in a body. */
export const bodyId = z
  .number()
  .refine(Number.isSafeInteger, { params: { fault: WIRE_FAULT }, message: 'must be an integer', abort: true })
  .refine((value) => value >= 1, { message: 'must be at least 1' })
  .meta({ type: 'integer', minimum: 1 })

export const email = text(1, 254)
  .refine((value) => z.email().safeParse(value).success, { message: 'must be an e-mail address' })
  .meta({ format: 'email' })

/** An absolute http(s) URL of at most `max` characters. */
export const webUrl = (max: number) =>
  text(1, max)
    .refine((value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol), {
      message: 'must be an http(s) URL',
    })
    .meta({ format: 'uri' })

/** A page or limit in a query that falls back silently instead of being refused, also when it is given twice. */
export const lenientInteger = (fallback: number, min: number, max: number) =>
  z
    .unknown()
    .optional()
    .transform((value) => {
      const number = typeof value === 'string' && INTEGER.test(value) ? Number(value) : fallback
      return number >= min && number <= max ? number : fallback
    })
    .meta({ type: 'integer', minimum: min, maximum: max, default: fallback })

/** An integer in a query that is refused when it is none, or beyond its bounds. */
export const queryInteger = (min: number, max: number) =>
  z
    .string()
    .refine((value) => INTEGER.test(value) && Number.isSafeInteger(Number(value)), {
      params: { fault: WIRE_FAULT },
      message: 'must be an integer',
      abort: true,
    })
    .transform(Number)
    .refine((value) => value >= min, { message: `must be at least ${min}` })
    .refine((value) => value <= max, { message: `must be at most ${max}` })
    .meta({ type: 'integer', minimum: min, maximum: max })

/** A time in a query, RFC 3339 with its offset from UTC. */
export const queryTime = z
  .string()
  .refine((value) => z.iso.datetime({ offset: true }).safeParse(value).success, {
    message: 'must be a time as in RFC 3339',
    abort: true,
  })
  .transform((value) => new Date(value))
  .meta({ type: 'string', format: 'date-time' })

export const timestamp = z.string().meta({ format: 'date-time' })
