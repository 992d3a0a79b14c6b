import { isAppError, unavailable } from '../errors.ts'
import type { AppError } from '../errors.ts'

/** What `pg` and Sequelize put on their errors; the interesting one may be wrapped. */
type ForeignError = {
  readonly name?: string
  readonly code?: string
  readonly message?: string
  readonly constraint?: string
  readonly original?: unknown
}

const AWAY_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  '57014', // statement timeout
  '57P01',
  '57P02',
  '57P03',
  '57P05', // shutting down, crashed, starting, idle too long
  '53000',
  '53100',
  '53200',
  '53300',
  '53400', // out of disk, memory, connections
  '55P03',
  '40001',
  '40P01', // lock not to be had, serialisation, deadlock: the same again may well succeed
  '25P03',
  '25006', // idle in transaction for too long, a replica after a failover
])
const AWAY_NAMES = /^Sequelize(Connection|Host|InvalidConnection|AccessDenied)/
const AWAY_MESSAGES =
  /^(Connection terminated|Client (has encountered a connection error|was closed)|timeout expired|pool is draining|Operation timeout)/
const NO_SUCH_STATEMENT = '26000'
const STALE_MESSAGE = 'cached plan must not change result type'
const UNIQUE_VIOLATION = '23505'
const CHECK_VIOLATION = '23514'

const innermost = (error: unknown): ForeignError => {
  const outer = error as ForeignError | undefined
  return outer?.original ?? outer ?? {}
}

const isAway = (error: unknown): boolean => {
  const { code = '', message = '' } = innermost(error)
  const name = (error as ForeignError | undefined)?.name ?? ''
  return AWAY_CODES.has(code) || code.startsWith('08') || AWAY_NAMES.test(name) || AWAY_MESSAGES.test(message)
}

/** A prepared statement that a migration made stale, or that a pooler in between has dropped. */
export const isStalePlan = (error: unknown): boolean => {
  const { code, message } = innermost(error)
  return code === NO_SUCH_STATEMENT || message === STALE_MESSAGE
}

/**
 * The platform's word for a fault of Postgres: `unavailable` (`postgres.unavailable`) when it is away, too slow or
 * busy with others; any other error comes back as it is.
 */
export const translatePostgresError = (error: unknown): unknown => {
  if (isAppError(error)) return error
  if (isAppError(innermost(error))) return innermost(error)
  return isAway(error) || isStalePlan(error) ? unavailable('postgres.unavailable', error) : error
}

/** The connection is gone, or in a state nobody knows: it must not serve another statement. */
export const breaksConnection = (error: unknown): boolean => {
  if (isStalePlan(error)) return true
  const { code = '' } = innermost(error)
  const isAnswer = /^[0-9A-Z]{5}$/.test(code)
  return isAnswer ? code.startsWith('08') || code.startsWith('57P') || code === '25P03' : isAway(error)
}

/** True for a violated unique constraint or index, of this name when one is given. */
export const isUniqueViolation = (error: unknown, constraint?: string): boolean => {
  const { code, constraint: violated } = innermost(error)
  return code === UNIQUE_VIOLATION && (constraint === undefined || constraint === violated)
}

/** The name of the unique constraint or index that was violated, if that is what happened. */
export const violatedConstraint = (error: unknown): string | undefined => {
  const { code, constraint } = innermost(error)
  return code === UNIQUE_VIOLATION ? constraint : undefined
}

/** True for a violated CHECK constraint of this name. */
export const isCheckViolation = (error: unknown, constraint: string): boolean => {
  const { code, constraint: violated } = innermost(error)
  return code === CHECK_VIOLATION && violated === constraint
}

/** Runs `fn`; a violation of `constraint` becomes the `conflict` that `conflict` makes. */
export const orConflict = async <T>(constraint: string, conflict: () => AppError, fn: () => Promise<T>): Promise<T> => {
  try {
    return await fn()
  } catch (error) {
    throw isUniqueViolation(error, constraint) ? conflict() : error
  }
}
