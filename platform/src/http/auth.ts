import { decodeProtectedHeader, errors, jwtVerify } from 'jose'
import type { CryptoKey } from 'jose'
import { LRUCache } from 'lru-cache'
import { isAppError } from '../errors.ts'
import { invalidToken, tokenExpired, unauthenticated } from './faults.ts'

export type Role = 'user' | 'admin'
export type Identity = {
  readonly userId: number
  readonly sessionId: string
  readonly role: Role
  /** When the token expires, in milliseconds since the epoch: for what outlives a request. */
  readonly expiresAtMs: number
}

/** Where public keys come from; undefined for a key id that nobody knows. */
export interface KeySource {
  get(kid: string): Promise<CryptoKey | undefined>
}

/** Whether a session, or everything a user holds, was revoked. Answers from memory. */
export interface RevocationCheck {
  isRevoked(session: { readonly userId: number; readonly sessionId: string }): boolean
}

export type Authenticator = {
  /**
   * Who the bearer of an `Authorization` header is.
   * @throws AppError 401 with the contract's texts; 503 when the keys can't be had
   */
  authenticate(authorization: string | undefined): Promise<Identity>
}

/** How refresh tokens begin, so that one sent as an access token is recognised for what it is. */
export const REFRESH_TOKEN_PREFIX = 'phr_'

const LEEWAY_SECONDS = 5
const REMEMBERED_TOKENS = 20_000
const BEARER = /^Bearer ([^\s]+)$/
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/

/** The token of an `Authorization` header. @throws AppError 401 when it is missing or malformed */
export const bearerOf = (authorization: string | undefined): string => {
  if (authorization === undefined) throw unauthenticated()
  const token = BEARER.exec(authorization)?.[1]
  if (token === undefined) throw invalidToken()
  return token
}

const keyIdOf = (token: string): string => {
  if (token.startsWith(REFRESH_TOKEN_PREFIX)) throw unauthenticated()
  if (!JWT.test(token)) throw invalidToken()
  let header: ReturnType<typeof decodeProtectedHeader>
  try {
    header = decodeProtectedHeader(token)
  } catch {
    throw invalidToken()
  }
  if (header.alg !== 'EdDSA' || header.kid === undefined) throw unauthenticated()
  return header.kid
}

const identityOf = (payload: Record<string, unknown>): Identity => {
  const userId = Number(payload['sub'])
  const { sid, role, exp } = payload
  if (!Number.isSafeInteger(userId) || typeof sid !== 'string' || (role !== 'user' && role !== 'admin'))
    throw unauthenticated()
  return { userId, sessionId: sid, role, expiresAtMs: Number(exp) * 1_000 }
}

/**
 * Verifies access tokens: EdDSA, issuer, audience, expiry with 5 s leeway, revocation. A verified token is remembered
 * until it expires, so a signature is checked once per token and process.
 */
export const createAuthenticator = (options: {
  readonly keys: KeySource
  readonly issuer: string
  readonly audience: string
  readonly revocations: RevocationCheck
}): Authenticator => {
  const { keys, issuer, audience, revocations } = options
  const remembered = new LRUCache<string, Identity>({ max: REMEMBERED_TOKENS })

  const verify = async (token: string): Promise<Identity> => {
    const key = await keys.get(keyIdOf(token))
    if (!key) throw unauthenticated()
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: ['EdDSA'],
        issuer,
        audience,
        clockTolerance: LEEWAY_SECONDS,
        requiredClaims: ['exp', 'sub', 'sid'],
      })
      return identityOf(payload)
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw tokenExpired()
      throw isAppError(error) ? error : unauthenticated()
    }
  }

  return {
    async authenticate(authorization) {
      const token = bearerOf(authorization)
      let identity = remembered.get(token)
      if (!identity) {
        identity = await verify(token)
        remembered.set(token, identity)
      } else if (Date.now() > identity.expiresAtMs + LEEWAY_SECONDS * 1_000) {
        remembered.delete(token)
        throw tokenExpired()
      }
      if (revocations.isRevoked(identity)) throw unauthenticated()
      return identity
    },
  }
}
