import pg from 'pg'
import { Failure } from '../local/failure.ts'
import { loginCall, registerCall, usernameOf, type Call, type Profiles, type Session } from './scenario.ts'

/** More than a service holds in memory, so that reading one after the other never finds a profile there. */
const PROFILES = 50_000

const FIRST_NAMES =
  'Ada Alan Anita Barbara Claude Donald Edsger Frances Grace Hedy Joan Katherine Linus Margaret Radia'.split(' ')
const ONSETS = 'Ban Bel Cor Dal Del Fen Gar Hol Jan Kel Lan Mar Nor Par Quin Ros Sel Tan Vel Wil'.split(' ')
const ENDINGS =
  'bach berg borne bury cliff croft dale feld field gate ham hurst kins land ley low mann more quist rad stead strom thorpe wick worth'.split(
    ' ',
  )

/** Five hundred, none of them a part of another: each belongs to a hundred profiles. */
export const SURNAMES: readonly string[] = ONSETS.flatMap((onset) => ENDINGS.map((ending) => onset + ending))

export const withClient = async <T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: url, application_name: 'pharos-bench' })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

const INSERT_PROFILES = `
INSERT INTO users (created_at, updated_at, username, email, full_name, full_name_folded, bio)
SELECT now(), now(), lower(first || '.' || surname) || n, 'profile-' || n || '@example.com', first || ' ' || surname,
  lower(first || ' ' || surname), 'Writes about lighthouses, number ' || n || ' of many.'
FROM generate_series(0, $3::integer - 1) n,
  LATERAL (SELECT ($1::text[])[1 + n / cardinality($2::text[]) % cardinality($1::text[])] AS first,
    ($2::text[])[1 + n % cardinality($2::text[])] AS surname) names
ORDER BY n`

/** Fills the users service's table. */
export const seedProfiles = (url: string): Promise<Profiles> =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ last: string }>('SELECT coalesce(max(id), 0) AS last FROM users')
    await client.query(INSERT_PROFILES, [FIRST_NAMES, SURNAMES, PROFILES])
    await client.query('VACUUM ANALYZE')
    return { first: Number(rows[0]?.last) + 1, count: PROFILES }
  })

/** Asks and gives the data of the answer. @throws Failure when it is no success */
export const ask = async (url: string, call: Call): Promise<unknown> => {
  const response = await fetch(`${url}${call.path}`, { ...call, signal: AbortSignal.timeout(10_000) })
  const text = await response.text()
  if (!response.ok)
    throw new Failure(`${call.method} ${call.path} was answered ${response.status}: ${text.slice(0, 300)}`)
  return (JSON.parse(text) as { data?: unknown }).data
}

const sessionFor = async (url: string, call: Call): Promise<Session> => {
  const { access_token: token } = (await ask(url, call)) as { access_token: string }
  const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()
  const { sub } = JSON.parse(claims) as { sub: string }
  return { userId: Number(sub), token }
}

const AT_ONCE = 16

/** Does something for each number below `count`, some at once. */
export const forEach = async <T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> => {
  const results: T[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) results[index] = await work(index)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return results
}

/** Registers the accounts of the connections, and of others if there are to be more. */
export const registerAccounts = (url: string, count: number): Promise<Session[]> =>
  forEach(count, (index) => sessionFor(url, registerCall(usernameOf(index))))

/** Registers somebody of this name. */
export const registerNamed = (url: string, name: string): Promise<Session> => sessionFor(url, registerCall(name))

/** Signs them in; a token lasts longer than a slice, but not longer than a run. */
export const signIn = (url: string, connections: number): Promise<Session[]> =>
  forEach(connections, (connection) => sessionFor(url, loginCall(connection)))
