import { isAppError } from '@pharos/platform/errors'
import { captureError } from '@pharos/platform/telemetry/capture'
import { log } from '@pharos/platform/telemetry/log'
import { counter, gauge } from '@pharos/platform/telemetry/metrics'
import type { AuthSignals } from '../application/ports.ts'
import type { Housekeeping } from './postgres/housekeeping.ts'

const attempts = counter({
  name: 'auth_attempts_total',
  help: 'Uses of credentials by outcome: ok, a refusal by its code, or fault',
  labels: ['operation', 'outcome'],
})
const reuse = counter({
  name: 'auth_refresh_reuse_total',
  help: 'Sessions ended because a refresh token was used a second time',
})
const registrations = counter({
  name: 'auth_registrations_swept_total',
  help: 'Registrations that the sweep found open, by what became of them',
  labels: ['outcome'],
})

export const signals: AuthSignals = {
  refreshTokenReused: ({ userId, sessionId }) => {
    reuse.inc()
    log.warn('a spent refresh token was used again, its session is ended', {
      'event.action': 'auth.session-reuse-detected',
      'user.id': String(userId),
      'auth.session.id': sessionId,
    })
  },
  rehashFailed: (userId, error) =>
    log.warn('a hash could not be renewed', { 'event.action': 'auth.rehash-failed', 'user.id': String(userId) }, error),
  registrationFinished: (id, outcome, error) => {
    registrations.inc({ outcome })
    const fields = { 'event.action': `auth.registration-${outcome}`, 'auth.registration.id': id }
    if (outcome === 'completed') return log.info('an interrupted registration was completed', fields)
    if (isAppError(error)) return log.warn(`an interrupted registration was ${outcome}`, fields, error)
    log.error(`an interrupted registration was ${outcome}`, fields, error)
    captureError(error)
  },
}

/** The outcomes that a metric may tell apart; refusals are told apart by code because several share a kind. */
const OUTCOMES = new Map([
  ['auth.invalid-credentials', 'invalid_credentials'],
  ['auth.invalid-refresh-token', 'invalid_refresh_token'],
  ['auth.too-many-attempts', 'too_many_attempts'],
  ['user.not-found', 'user_not_found'],
  ['user.username-exists', 'username_exists'],
  ['user.email-exists', 'email_exists'],
])

const outcomeOf = (error: unknown): string =>
  isAppError(error) ? (OUTCOMES.get(error.code) ?? error.kind.replaceAll('-', '_')) : 'fault'

const underscored = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

type UseCases = Record<string, (...args: never[]) => Promise<unknown>>

/** Counts every use of credentials; the functions stay what they are. */
export const countAttempts = <U extends UseCases>(useCases: U): U =>
  Object.fromEntries(
    Object.entries(useCases).map(([name, run]) => {
      const operation = underscored(name)
      const counted = async (...args: never[]): Promise<unknown> => {
        try {
          const result = await run(...args)
          attempts.inc({ operation, outcome: 'ok' })
          return result
        } catch (error) {
          attempts.inc({ operation, outcome: outcomeOf(error) })
          throw error
        }
      }
      return [name, counted]
    }),
  ) as U

/** How many registrations wait to be decided, asked when somebody scrapes. */
export const exposeOpenRegistrations = ({ openRegistrations }: Pick<Housekeeping, 'openRegistrations'>): void => {
  const oldest = gauge({
    name: 'auth_registrations_oldest_seconds',
    help: 'Age of the oldest registration that is not decided; beyond a minute the sweep is stuck',
  })
  gauge({
    name: 'auth_registrations_open',
    help: 'Registrations that are not decided',
    collect: async (set) => {
      try {
        const { open, oldestSeconds } = await openRegistrations()
        set({}, open)
        oldest.set({}, oldestSeconds)
      } catch {
        // The scrape goes on without it; that Postgres is away is told by app_dependency_up.
      }
    },
  })
}
