import { exportJWK, generateKeyPair, importJWK } from 'jose'
import type { CryptoKey, JWK } from 'jose'
import { unavailable } from '@pharos/platform/errors'
import type { KeySource } from '@pharos/platform/http/auth'
import type { Clock } from '@pharos/platform/runtime/clock'
import { log } from '@pharos/platform/telemetry/log'
import { gauge } from '@pharos/platform/telemetry/metrics'
import {
  forgottenKeysAt,
  publishedKeysAt,
  signingKeyAt,
  signingKeyExpiry,
  successorDue,
} from '../../domain/signing-key.ts'
import type { RotationPolicy } from '../../domain/signing-key.ts'
import type { Sealer } from './seal.ts'

const ALGORITHM = 'EdDSA'

export type StoredKey = {
  readonly kid: string
  readonly publicJwk: JWK
  readonly sealedPrivateKey: Buffer
  readonly activeFrom: Date
}

/** Where the instances agree on keys. */
export interface SigningKeyStore {
  list(): Promise<StoredKey[]>
  /** Runs `decide` on the current keys, one instance at a time, stores and removes what it says, gives what is left. */
  change(decide: (keys: StoredKey[]) => Promise<{ add?: StoredKey; remove: readonly string[] }>): Promise<StoredKey[]>
}

/** A key as it is held in memory. */
type HeldKey = StoredKey & { readonly publicKey: CryptoKey }

export type KeyRing = KeySource & {
  /** The key to sign with now. @throws AppError `unavailable` when what is known is too old to be sure of */
  signingKey(): Promise<{ readonly kid: string; readonly privateKey: CryptoKey }>
  /** The text of `/.well-known/jwks.json`. */
  jwks(): string
  /** Reads the keys again, and makes the next one when it is due. */
  refresh(): Promise<void>
}

type Options = {
  readonly store: SigningKeyStore
  readonly sealer: Sealer
  readonly policy: RotationPolicy
  readonly clock: Clock
}

/** @throws Error in plain words when the private keys in the store were sealed by another secret */
export const openKeyRing = async (options: Options): Promise<KeyRing> => {
  const { store, sealer, policy, clock } = options
  let keys: HeldKey[] = []
  let readAt = new Date(0)
  const privateKeys = new Map<string, CryptoKey>()

  const hold = async (stored: StoredKey[], at: Date): Promise<void> => {
    const known = new Map(keys.map((key) => [key.kid, key]))
    keys = await Promise.all(
      stored.map(async (key) => ({
        ...key,
        publicKey: known.get(key.kid)?.publicKey ?? ((await importJWK(key.publicJwk, ALGORITHM)) as CryptoKey),
      })),
    )
    readAt = at
  }

  const isAnyDue = (stored: StoredKey[], now: Date): boolean =>
    successorDue(stored, now, policy) !== undefined || forgottenKeysAt(stored, now, policy).length > 0

  const refresh = async (): Promise<void> => {
    const now = clock.now()
    const stored = await store.list()
    if (!isAnyDue(stored, now)) return hold(stored, now)
    const changed = await store.change(async (current) => {
      const activeFrom = successorDue(current, now, policy)
      return {
        ...(activeFrom && { add: await makeKey(sealer, activeFrom) }),
        remove: forgottenKeysAt(current, now, policy).map(({ kid }) => kid),
      }
    })
    await hold(changed, now)
  }

  const openPrivateKey = async (key: HeldKey): Promise<CryptoKey> => {
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

  const signingKey: KeyRing['signingKey'] = async () => {
    // Beyond that the others may sign with, and have withdrawn, keys that this instance has not heard of.
    if (clock.now().getTime() - readAt.getTime() > policy.publishAheadMs / 2) await refresh()
    const key = signingKeyAt(keys, clock.now())
    if (!key) throw unavailable('auth.no-signing-key')
    let privateKey = privateKeys.get(key.kid)
    if (!privateKey) {
      privateKey = await openPrivateKey(key)
      privateKeys.set(key.kid, privateKey)
    }
    return { kid: key.kid, privateKey }
  }

  await refresh()
  await signingKey()
  exposeGauges(() => keys, options)

  return {
    signingKey,
    refresh,
    jwks: () =>
      JSON.stringify({
        keys: publishedKeysAt(keys, clock.now(), policy).map(({ kid, publicJwk }) => ({
          ...publicJwk,
          kid,
          alg: ALGORITHM,
          use: 'sig',
        })),
      }),
    get: async (kid) => publishedKeysAt(keys, clock.now(), policy).find((key) => key.kid === kid)?.publicKey,
  }
}

const makeKey = async (sealer: Sealer, activeFrom: Date): Promise<StoredKey> => {
  const pair = await generateKeyPair(ALGORITHM, { crv: 'Ed25519', extractable: true })
  const { kty, crv, x } = await exportJWK(pair.publicKey)
  const kid = crypto.randomUUID()
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

const exposeGauges = (keys: () => readonly HeldKey[], { policy, clock }: Options): void => {
  gauge({
    name: 'auth_signing_key_expires_seconds',
    help: 'Seconds until the signing key ought to be replaced; negative when its rotation is overdue',
    collect: (set) => {
      const now = clock.now()
      const expiry = signingKeyExpiry(keys(), now, policy)
      if (expiry) set({}, (expiry.getTime() - now.getTime()) / 1_000)
    },
  })
  gauge({
    name: 'auth_signing_keys',
    help: 'Published signing keys: the one that signs, the next ones, the ones before',
    labels: ['state'],
    collect: (set) => {
      const now = clock.now()
      const current = signingKeyAt(keys(), now)
      const published = publishedKeysAt(keys(), now, policy)
      const next = published.filter(({ activeFrom }) => activeFrom > now).length
      set({ state: 'signing' }, current ? 1 : 0)
      set({ state: 'next' }, next)
      set({ state: 'retiring' }, published.length - next - (current ? 1 : 0))
    },
  })
}
