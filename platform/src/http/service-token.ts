import { jwtVerify, SignJWT } from 'jose'
import { LRUCache } from 'lru-cache'
import type { Secret } from '../runtime/config.ts'
import { unauthenticated } from './faults.ts'

const LIFETIME_SECONDS = 60
const RENEW_BEFORE_MS = 15_000
const REMEMBERED_TOKENS = 1_000

export type ServiceTokens = {
  /** A token that proves this service to `audience`, made anew every 45 s. */
  for(audience: string): Promise<string>
  /** The name of the calling service. @throws AppError 401 */
  verify(token: string): Promise<{ readonly caller: string }>
}

/**
 * Short-lived HS256 tokens between services: `iss` is the caller, `aud` the only service that may accept it. A verified
 * token is remembered until it expires, so a signature is checked once per token and process.
 */
export const createServiceTokens = ({
  secret,
  service,
}: {
  readonly secret: Secret
  readonly service: string
}): ServiceTokens => {
  const key = new TextEncoder().encode(secret.reveal())
  const made = new Map<string, { token: Promise<string>; renewAt: number }>()
  const remembered = new LRUCache<string, { caller: string; expiresAtMs: number }>({ max: REMEMBERED_TOKENS })

  const sign = (audience: string): Promise<string> =>
    new SignJWT()
      .setProtectedHeader({ alg: 'HS256', typ: 'service+jwt' })
      .setIssuer(service)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime(`${LIFETIME_SECONDS}s`)
      .sign(key)

  return {
    for(audience) {
      const held = made.get(audience)
      if (held && Date.now() < held.renewAt) return held.token
      const token = sign(audience)
      made.set(audience, { token, renewAt: Date.now() + LIFETIME_SECONDS * 1_000 - RENEW_BEFORE_MS })
      return token
    },
    async verify(token) {
      const known = remembered.get(token)
      if (known && Date.now() < known.expiresAtMs) return { caller: known.caller }
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: ['HS256'],
          audience: service,
          typ: 'service+jwt',
          requiredClaims: ['iss', 'exp'],
        })
        const caller = payload.iss as string
        remembered.set(token, { caller, expiresAtMs: (payload.exp as number) * 1_000 })
        return { caller }
      } catch {
        throw unauthenticated()
      }
    },
  }
}
