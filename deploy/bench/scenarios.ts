import { VARIANT_NAMES, type VariantName } from './variants.ts'

export const SCENARIO_NAMES = ['profile', 'profile-uncached', 'search', 'update', 'login', 'register'] as const
export type ScenarioName = (typeof SCENARIO_NAMES)[number]

/** One HTTP request, as autocannon takes it. */
export type Call = {
  method: 'GET' | 'POST' | 'PUT'
  path: string
  headers?: Record<string, string>
  body?: string
}

/** An account that is signed in. */
export type Session = { userId: number; token: string }

/** Seeded profiles: their ids have no gaps. */
export type Profiles = { first: number; count: number }

/** What a slice has to work with: its place in the run, and what was seeded. */
export type SliceContext = {
  /** Different in every slice of a run. */
  serial: number
  /** Requests of the earlier slices of this scenario on this variant. */
  asked: number
  seconds: number
  connections: number
  /** One for each connection where the scenario asks for them, else none. */
  sessions: readonly Session[]
  profiles: Profiles
  surnames: readonly string[]
}

export type Scenario = {
  about: string
  /** Measured unless the command line says otherwise. Layers alone differ visibly only where there is nothing else to do. */
  variants: readonly VariantName[]
  /** Redis is emptied before each slice. */
  coldRedis?: true
  /** Each connection has an account of its own that is signed in. */
  signedIn?: true
  /** The requests of one connection, repeated from the start when they run out. */
  calls: (slice: SliceContext, connection: number) => Call[]
}

const PASSWORD = 'correct horse battery staple'

const API = '/api/v1'
const HOT_PROFILES = 100
const PAGES = 10
const CHANGES = 200
/** More than one connection can ask for while every password is hashed. */
const REGISTRATIONS_PER_SECOND = 50

/** The account that belongs to a connection. */
export const usernameOf = (connection: number): string => `bench-${connection}`

const send = (method: 'POST' | 'PUT', path: string, body: object, token?: string): Call => ({
  method,
  path: `${API}${path}`,
  headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
  body: JSON.stringify(body),
})

export const registerCall = (username: string): Call =>
  send('POST', '/auth/register', { username, email: `${username}@example.com`, password: PASSWORD })

export const loginCall = (connection: number): Call =>
  send('POST', '/auth/login', { login: usernameOf(connection), password: PASSWORD })

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index))

const sessionOf = ({ sessions }: SliceContext, connection: number): Session => {
  const session = sessions[connection]
  if (session === undefined) throw new Error(`connection ${connection} is not signed in`)
  return session
}

export const SCENARIOS: Readonly<Record<ScenarioName, Scenario>> = {
  profile: {
    about: `read one of ${HOT_PROFILES} profiles, held in the service's memory`,
    variants: VARIANT_NAMES,
    calls: ({ profiles, connections }, connection) =>
      times(HOT_PROFILES, (index) => {
        const turned = (index + Math.floor((connection * HOT_PROFILES) / connections)) % HOT_PROFILES
        return { method: 'GET', path: `${API}/users/${profiles.first + turned}` }
      }),
  },
  'profile-uncached': {
    about: 'read a profile that neither the service nor Redis holds',
    variants: ['off', 'all', 'all-10%'],
    coldRedis: true,
    // Each slice goes on where the last one ended, so that a profile comes back only after all the others.
    calls: ({ profiles, connections, asked }, connection) =>
      times(Math.floor(profiles.count / connections), (index) => {
        const place = (asked + index * connections + connection) % profiles.count
        return { method: 'GET', path: `${API}/users/${profiles.first + place}` }
      }),
  },
  search: {
    about: 'ten of a hundred profiles with a surname, and their number; a search is repeated after thousands of others',
    variants: ['off', 'all', 'all-10%'],
    calls: ({ surnames, connections }, connection) =>
      times(Math.floor((surnames.length * PAGES) / connections), (index) => {
        const place = index * connections + connection
        const page = 1 + Math.floor(place / surnames.length)
        return { method: 'GET', path: `${API}/users/search?query=${surnames[place % surnames.length]}&page=${page}` }
      }),
  },
  update: {
    about: 'change the own profile; the event to Kafka and what its consumer does are counted',
    variants: ['off', 'all', 'all-10%'],
    signedIn: true,
    calls: (slice, connection) => {
      const { userId, token } = sessionOf(slice, connection)
      return times(CHANGES, (index) =>
        send('PUT', `/users/${userId}`, { bio: `change ${slice.serial}.${index}` }, token),
      )
    },
  },
  login: {
    about: 'sign in with username and password',
    variants: ['off', 'all'],
    calls: (_slice, connection) => [loginCall(connection)],
  },
  register: {
    about: 'create an account; its events are counted',
    variants: ['off', 'all'],
    calls: ({ serial, seconds }, connection) =>
      times(seconds * REGISTRATIONS_PER_SECOND, (index) => registerCall(`new-${serial}-${connection}-${index}`)),
  },
}
