import { importJWK } from 'jose'
import type { CryptoKey } from 'jose'
import { unavailable } from '@pharos/platform/errors'
import type { KeySource } from '@pharos/platform/http/auth'
import type { Clock } from '@pharos/platform/runtime/clock'
import { forgottenKeysAt, publishedKeysAt, signingKeyAt, successorDue } from '../../domain/signing-key.ts'
import type { RotationPolicy } from '../../domain/signing-key.ts'
import { exposeKeyGauges } from './key-gauges.ts'
import { ALGORITHM, makeKey, openPrivateKey } from './key-material.ts'
import type { StoredKey } from './key-material.ts'
import type { Sealer } from './seal.ts'

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

  const signingKey: KeyRing['signingKey'] = async () => {
    // Beyond that the others may sign with, and have withdrawn, keys that this instance has not heard of.
    if (clock.now().getTime() - readAt.getTime() > policy.publishAheadMs / 2) await refresh()
    const key = signingKeyAt(keys, clock.now())
    if (!key) throw unavailable('auth.no-signing-key')
    let privateKey = privateKeys.get(key.kid)
    if (!privateKey) {
      privateKey = await openPrivateKey(sealer, key)
      privateKeys.set(key.kid, privateKey)
    }
    return { kid: key.kid, privateKey }
  }

  await refresh()
  await signingKey()
  exposeKeyGauges(() => keys, policy, clock)

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
