import { createHash, randomBytes } from 'node:crypto'
import { SignJWT } from 'jose'
import { REFRESH_TOKEN_PREFIX } from '@pharos/platform/http/auth'
import type { Clock } from '@pharos/platform/runtime/clock'
import type { AccessTokens, RefreshTokens } from '../../application/ports.ts'
import { ACCESS_TOKEN_SECONDS } from '../../domain/session.ts'
import type { KeyRing } from './key-ring.ts'

const REFRESH_TOKEN_BYTES = 32

type Options = {
  readonly keys: Pick<KeyRing, 'signingKey'>
  readonly issuer: string
  readonly audience: string
  readonly clock: Clock
}

/** JWTs by RFC 9068, signed with the key of the moment. */
export const createAccessTokens = ({ keys, issuer, audience, clock }: Options): AccessTokens => ({
  async issue({ userId, sessionId, role }) {
    const { kid, privateKey } = await keys.signingKey()
    const issuedAt = Math.floor(clock.now().getTime() / 1_000)
    return new SignJWT({ sid: sessionId, role })
      .setProtectedHeader({ alg: 'EdDSA', kid, typ: 'at+jwt' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(String(userId))
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + ACCESS_TOKEN_SECONDS)
      .sign(privateKey)
  },
})

/** A plain hash is enough for 256 random bits: there is nothing to guess. */
export const refreshTokens: RefreshTokens = {
  make: () => {
    const token = REFRESH_TOKEN_PREFIX + randomBytes(REFRESH_TOKEN_BYTES).toString('base64url')
    return { token, hash: refreshTokens.hashOf(token) }
  },
  hashOf: (token) => createHash('sha256').update(token).digest(),
}
