import { importJWK } from 'jose'
import type { CryptoKey, JWK } from 'jose'
import { request } from 'undici'
import { z } from 'zod'
import { unavailable } from '../errors.ts'
import { log } from '../telemetry/log.ts'
import type { KeySource } from './auth.ts'

const TIMEOUT_MS = 2_000
const REFRESH_EVERY_MS = 5 * 60_000
const UNKNOWN_KEY_PAUSE_MS = 5_000

const keySet = z.object({ keys: z.array(z.looseObject({ kid: z.string() })) })

/**
 * The public keys behind a JWKS address. Fetched at first use, then every five minutes, and at once for a key id not
 * seen before, though at most every five seconds. Known keys go on working while the address is away.
 */
export const remoteKeys = ({ url }: { readonly url: string }): KeySource & Disposable => {
  let known = new Map<string, CryptoKey>()
  let fetchedAt = 0
  let fetching: Promise<void> | undefined

  const fetchKeys = async (): Promise<void> => {
    const response = await request(url, { headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS })
    const { keys } = keySet.parse(await response.body.json())
    const entries = keys.map(async (jwk): Promise<[string, CryptoKey]> => [
      jwk.kid,
      (await importJWK(jwk as JWK, 'EdDSA')) as CryptoKey,
    ])
    known = new Map(await Promise.all(entries))
    fetchedAt = Date.now()
  }

  const refresh = (): Promise<void> =>
    (fetching ??= fetchKeys().finally(() => {
      fetching = undefined
    }))

  const timer = setInterval(() => {
    refresh().catch((error: unknown) =>
      log.warn('signing keys could not be fetched', { 'event.action': 'jwks.fetch-failed' }, error),
    )
  }, REFRESH_EVERY_MS).unref()

  return {
    async get(kid) {
      if (!known.has(kid) && Date.now() - fetchedAt > UNKNOWN_KEY_PAUSE_MS) {
        await refresh().catch((error: unknown) => {
          throw unavailable('jwks.unavailable', error)
        })
      }
      return known.get(kid)
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
