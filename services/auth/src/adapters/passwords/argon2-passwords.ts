import { hash, parseOptions, verify } from '@node-rs/argon2'
import { bulkhead, BulkheadRejectedError } from 'cockatiel'
import { unavailable } from '@pharos/platform/errors'
import { startSpan } from '@pharos/platform/telemetry/context'
import { counter, gauge, histogram } from '@pharos/platform/telemetry/metrics'
import { SpanShape } from '@pharos/platform/telemetry/span-shape'
import type { Passwords } from '../../application/ports.ts'

const shapes = {
  hash: new SpanShape('argon2id hash', 'internal'),
  verify: new SpanShape('argon2id verify', 'internal'),
}

/** OWASP's first choice for argon2id. The enum of the library is a type only, 2 is `Argon2id`. */
const PARAMETERS = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

const RETRY_AFTER_SECONDS = 2

const duration = histogram({
  name: 'auth_password_duration_seconds',
  help: 'Time to hash or verify a password, waiting for a free thread included',
  labels: ['operation'],
})
const shed = counter({ name: 'load_shed_total', help: 'Requests refused to stay alive, by reason', labels: ['reason'] })

type Options = {
  /** How many at once. Each takes a thread of libuv's pool and 19 MiB; signing tokens needs a thread of it too. */
  readonly concurrency: number
  /** How many may wait; one more is refused, because it would wait longer than its caller. */
  readonly queueMax: number
}

/**
 * Argon2id off the event loop. The salt and the parameters are part of each hash, so they may change at any time.
 * Every function throws `unavailable` when too many passwords wait already.
 */
export const createArgon2Passwords = async ({ concurrency, queueMax }: Options): Promise<Passwords> => {
  const threads = bulkhead(concurrency, queueMax)
  gauge({
    name: 'auth_password_queue_length',
    help: 'Passwords that wait to be hashed or verified',
    collect: (set) => set({}, queueMax - threads.queueSlots),
  })
  const nobody = await hash('', PARAMETERS)

  const work = async <T>(operation: 'hash' | 'verify', run: () => Promise<T>): Promise<T> => {
    const span = startSpan(shapes[operation])
    const startedAt = performance.now()
    try {
      return await threads.execute(() => {
        span.set('app.wait_ms', Math.round(performance.now() - startedAt))
        return run()
      })
    } catch (error) {
      span.set('app.failed', true)
      if (!(error instanceof BulkheadRejectedError)) throw error
      shed.inc({ reason: 'passwords' })
      throw unavailable('auth.overloaded', undefined, RETRY_AFTER_SECONDS)
    } finally {
      duration.observe({ operation }, (performance.now() - startedAt) / 1_000)
      span.end()
    }
  }

  return {
    hash: (password) => work('hash', () => hash(password, PARAMETERS)),
    verify: (hashed, password) => work('verify', () => verify(hashed, password)),
    isOutdated: (hashed) => {
      const { algorithm, memoryCost, timeCost, parallelism } = parseOptions(hashed)
      return (
        (algorithm as number) !== PARAMETERS.algorithm ||
        memoryCost !== PARAMETERS.memoryCost ||
        timeCost !== PARAMETERS.timeCost ||
        parallelism !== PARAMETERS.parallelism
      )
    },
    verifyNothing: async (password) => {
      await work('verify', () => verify(nobody, password))
      return false
    },
  }
}
