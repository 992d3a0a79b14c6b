import { parse } from 'yaml'
import { z } from 'zod'

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 }

const duration = z.string().regex(/^[1-9]\d*[smhd]$/, 'must be a duration such as 30m')

/** Seconds of a duration such as `30m`. */
export const secondsOf = (text: string): number =>
  Number.parseInt(text, 10) * SECONDS[text.slice(-1) as keyof typeof SECONDS]

const target = z.number().gt(0).lt(1)
const seconds = z.number().positive()
const common = {
  alert: z.string().regex(/^[A-Z]\w+BudgetBurn$/),
  failing: z.string(),
  minimum: z.int().positive(),
}

const pair = z
  .strictObject({
    long: duration,
    short: duration,
    factor: z.number().positive(),
    severity: z.enum(['critical', 'warning']),
    after: duration,
  })
  .refine(({ long, short }) => secondsOf(short) < secondsOf(long), 'the short window must be shorter than the long one')
  .refine(({ long, after }) => secondsOf(after) < secondsOf(long), 'after must be shorter than the long window')

const slo = z
  .strictObject({
    windows: z.array(pair).min(1),
    budget: duration,
    objectives: z.strictObject({
      availability: z.strictObject({ ...common, target }),
      latency: z.strictObject({
        ...common,
        classes: z.strictObject({
          reads: z.strictObject({ target, seconds }),
          writes: z.strictObject({ target, seconds }),
          credentials: z.strictObject({ target, seconds }),
        }),
      }),
      freshness: z.strictObject({ ...common, target, seconds, service: z.string(), topic: z.string() }),
      delivery: z.strictObject({ ...common, target, services: z.array(z.string()).min(1) }),
    }),
  })
  .refine(
    ({ windows, budget }) => windows.some(({ long }) => long === budget),
    'budget must be one of the long windows',
  )

export type Slo = z.output<typeof slo>
export type WindowPair = Slo['windows'][number]
export type ObjectiveName = keyof Slo['objectives']

/** Reads slo.yaml. Throws one error that names every fault. */
export const parseSlo = (text: string): Slo => {
  const result = slo.safeParse(parse(text))
  if (!result.success) throw new Error(`slo.yaml is wrong:\n${z.prettifyError(result.error)}`)
  return result.data
}

/** All windows that are recorded, the shortest first. */
export const windowsOf = ({ windows }: Slo): string[] =>
  [...new Set(windows.flatMap(({ long, short }) => [long, short]))].toSorted((a, b) => secondsOf(a) - secondsOf(b))
