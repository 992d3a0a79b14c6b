import type { VariantName } from './variants.ts'

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

/** Ids of what was seeded: the accounts of the connections follow nobody and are followed by ten. */
export type Social = {
  /** Each has ten posts or more, and no followers. */
  authors: readonly number[]
  posts: readonly number[]
  /** Each has forty followers. */
  celebrities: readonly number[]
}

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
  /** There when a scenario of the run asks for it. */
  social: Social | undefined
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
  /** It needs people, posts, follows and notifications. */
  social?: true
  /** Relations that the slice before has left are ended before each slice. */
  follows?: true
  /** What CPU and throughput are counted by, where that is not a single request. */
  unit?: { name: string; calls: number }
  /** The requests of one connection, repeated from the start when they run out. */
  calls: (slice: SliceContext, connection: number) => Call[]
}

const PASSWORD = 'correct horse battery staple'

const API = '/api/v1'

/** The account that belongs to a connection; higher numbers are those of people who only make up the state. */
export const usernameOf = (connection: number): string => `bench-${connection}`

export const send = (method: 'POST' | 'PUT', path: string, body: object, token?: string): Call => ({
  method,
  path: `${API}${path}`,
  headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
  body: JSON.stringify(body),
})

export const read = (path: string, token?: string): Call => ({
  method: 'GET',
  path: `${API}${path}`,
  ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
})

export const registerCall = (username: string): Call =>
  send('POST', '/auth/register', { username, email: `${username}@example.com`, password: PASSWORD })

export const loginCall = (connection: number): Call =>
  send('POST', '/auth/login', { login: usernameOf(connection), password: PASSWORD })

export const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index))

export const sessionOf = ({ sessions }: SliceContext, connection: number): Session => {
  const session = sessions[connection]
  if (session === undefined) throw new Error(`connection ${connection} is not signed in`)
  return session
}
