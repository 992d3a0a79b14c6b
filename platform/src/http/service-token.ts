import { jwtVerify, SignJWT } from 'jose'
import type { Secret } from '../runtime/config.ts'
import { unauthenticated } from './faults.ts'

const LIFETIME_SECONDS = 60
const RENEW_BEFORE_MS = 15_000

export type ServiceTokens = {
  /** A token that proves this service to `audience`, made anew every 45 s. */
  for(audience: string): Promise<string>
  /** The name of the calling service. @throws AppError 401 */
  verify(token: string): Promise<{ readonly caller: string }>
}

/** Short-lived HS256 tokens between services: `iss` is the caller, `aud` the only service that may accept it. */
export const createServiceTokens = ({
  secret,
  service,
}: {
  readonly secret: Secret
  readonly service: string
}): ServiceTokens => {
  const key = new TextEncoder().encode(secret.reveal())
  const made = new Map<string, { token: Promise<string>; renewAt: number }>()

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
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: ['HS256'],
          audience: service,
          typ: 'service+jwt',
          requiredClaims: ['iss', 'exp'],
        })
        return { caller: payload.iss as string }
      } catch {
        throw unauthenticated()
      }
    },
  }
}
