import { randomUUID } from 'node:crypto'
import { exportJWK, generateKeyPair, importJWK } from 'jose'
import type { CryptoKey, JWK } from 'jose'
import { log } from '@pharos/platform/telemetry/log'
import type { Sealer } from './seal.ts'

export const ALGORITHM = 'EdDSA'

export type StoredKey = {
  readonly kid: string
  readonly publicJwk: JWK
  readonly sealedPrivateKey: Buffer
  readonly activeFrom: Date
}

export const makeKey = async (sealer: Sealer, activeFrom: Date): Promise<StoredKey> => {
  const pair = await generateKeyPair(ALGORITHM, { crv: 'Ed25519', extractable: true })
  const { kty, crv, x } = await exportJWK(pair.publicKey)
  const kid = randomUUID()
  const privateJwk = JSON.stringify(await exportJWK(pair.privateKey))
  log.info('a signing key was made', {
    'event.action': 'signing-key.made',
    'auth.signing_key.id': kid,
    'auth.signing_key.active_from': activeFrom.toISOString(),
  })
  return {
    kid,
    publicJwk: { kty, crv, x } as JWK,
    sealedPrivateKey: sealer.seal(kid, privateJwk),
    activeFrom,
  }
}

/** @throws Error in plain words when the key was sealed by another secret */
export const openPrivateKey = async (sealer: Sealer, key: StoredKey): Promise<CryptoKey> => {
  let jwk: JWK
  try {
    jwk = JSON.parse(sealer.open(key.kid, key.sealedPrivateKey)) as JWK
  } catch (error) {
    throw new Error(
      `signing key ${key.kid} cannot be opened: KEY_ENCRYPTION_SECRET is not the one it was sealed with`,
      { cause: error },
    )
  }
  return (await importJWK(jwk, ALGORITHM)) as CryptoKey
}
