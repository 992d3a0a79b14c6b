import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { CryptoKey, JWK } from 'jose'
import { createAuthenticator } from '../../src/http/auth.ts'
import type { Authenticator, KeySource, RevocationCheck } from '../../src/http/auth.ts'

export const ISSUER = 'pharos'
const AUDIENCE = 'pharos'

type TokenOptions = {
  readonly claims?: Record<string, unknown>
  readonly header?: Record<string, unknown>
  readonly expiresInSeconds?: number
  readonly key?: CryptoKey | Uint8Array
}

/** Signs access tokens as the auth service does, with a real Ed25519 key. */
export const createIssuer = async (kid = 'k1') => {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true })
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid, alg: 'EdDSA', use: 'sig' }
  const keys: KeySource = { get: async (wanted) => (wanted === kid ? publicKey : undefined) }
  const token = ({ claims, header, expiresInSeconds = 900, key = privateKey }: TokenOptions = {}): Promise<string> => {
    const now = Math.floor(Date.now() / 1_000)
    return new SignJWT({
      iss: ISSUER,
      aud: AUDIENCE,
      sub: '42',
      sid: 's1',
      role: 'user',
      iat: now - 60,
      exp: now + expiresInSeconds,
      ...claims,
    })
      .setProtectedHeader({ alg: 'EdDSA', kid, typ: 'at+jwt', ...header })
      .sign(key)
  }
  return { kid, jwk, keys, token }
}

const noRevocations: RevocationCheck = { isRevoked: () => false }

/** An authenticator that trusts `keys` and, unless told otherwise, has no session revoked. */
export const authenticatorFor = (keys: KeySource, revocations: RevocationCheck = noRevocations): Authenticator =>
  createAuthenticator({ keys, issuer: ISSUER, audience: AUDIENCE, revocations })
