import pg from 'pg'
import { z } from 'zod'
import { Failure } from '../../local/failure.ts'
import { breaker, nothingGoesOn, type Breaker } from '../breaker.ts'
import { bringOut, takeBack } from '../release.ts'
import type { Target } from '../target.ts'
import { storesOf } from './stores.ts'

const VERSION = '0.2.0-hesitant'
/** KEY_ROTATION_DAYS of auth, which nobody sets here. */
const ROTATION_DAYS = 30
const HOURS_LEFT = 6

const undo = z.object({ kid: z.string(), activeFrom: z.string() })

const query = async (
  target: Target,
  text: string,
  values: readonly string[] = [],
): Promise<Record<string, string>[]> => {
  const url = new URL(storesOf(target).postgres)
  url.pathname = '/pharos_auth'
  const client = new pg.Client({ connectionString: url.href, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<Record<string, string>>(text, [...values])).rows
  } finally {
    await client.end()
  }
}

const setActive = (target: Target, kid: string, time: Date): Promise<unknown> =>
  query(target, 'UPDATE signing_keys SET active_from = $2 WHERE kid = $1', [kid, time.toISOString()])

/**
 * The signing key is as old as it may get but for six hours, and auth publishes a successor an hour ahead and no sooner. By
 * the database alone it cannot be done: auth would make the successor at once, as it should.
 */
export const expiringSigningKey: Breaker = breaker(undo, {
  prepare: async (target) => {
    const keys = await query(
      target,
      `SELECT kid, to_json(active_from) #>> '{}' AS "activeFrom", (active_from > now())::text AS next
         FROM signing_keys ORDER BY active_from DESC`,
    )
    const { kid = '', activeFrom = '', next } = keys[0] ?? {}
    if (next !== 'false') throw new Failure('A successor of the signing key is published already: nothing can expire.')
    return { kid, activeFrom }
  },
  apply: async (target, { kid }) => {
    await bringOut(target, 'auth', { version: VERSION, env: { KEY_PUBLISH_AHEAD_HOURS: '1', KEY_REFRESH_MS: '2000' } })
    await setActive(target, kid, new Date(Date.now() + (HOURS_LEFT - ROTATION_DAYS * 24) * 3_600_000))
    return nothingGoesOn
  },
  // First the key: with its own setting auth would replace one that is so old.
  mend: async (target, { kid, activeFrom }) => {
    await setActive(target, kid, new Date(activeFrom))
    await takeBack(target, 'auth', VERSION)
  },
})
