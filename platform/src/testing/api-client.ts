import { gunzipSync } from 'node:zlib'
import { Agent } from 'undici'
import type { Dispatcher } from 'undici'
import { API_PREFIX } from '../contracts/http/define.ts'
import type { TokenPair } from '../contracts/http/auth.ts'
import type { UserView } from '../contracts/http/users.ts'

/** The envelope of every JSON answer. */
export type Envelope<D = unknown> = {
  readonly status: number
  readonly data?: D
  readonly message?: string
  readonly error?: string
  readonly code?: string
  readonly timestamp: string
  readonly correlation_id?: string
  readonly trace_id?: string
  readonly details?: readonly { readonly path: string; readonly message: string }[]
}

/** `body` is undefined when there was none, and `text` what was really sent. */
export type ApiAnswer<D = unknown> = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Envelope<D> | undefined
  readonly text: string
}

type RequestOptions = {
  readonly body?: unknown
  /** Sent as it is, without making JSON of it. */
  readonly text?: string | Buffer
  readonly token?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
}

type Registration = { readonly username: string; readonly email: string; readonly password: string } & Partial<
  Record<'full_name' | 'bio' | 'avatar_url', string>
>

const TIMEOUT_MS = 15_000

const flat = (headers: Dispatcher.ResponseData['headers']): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]))

/**
 * A client of the public API as tests need it: nothing is retried, followed or thrown for a status. Paths are those
 * below `/api/v1`; one that begins with two slashes is taken from the root: `//openapi.json`. `always` are headers of
 * every request.
 */
export const createApiClient = (origin: string, always: Readonly<Record<string, string>> = {}) => {
  const agent = new Agent({ headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS })

  const request = async <D = unknown>(
    method: string,
    path: string,
    options: RequestOptions = {},
  ): Promise<ApiAnswer<D>> => {
    const { body, text, token, headers } = options
    const payload = text ?? (body === undefined ? undefined : JSON.stringify(body))
    const response = await agent.request({
      origin,
      path: path.startsWith('//') ? path.slice(1) : `${API_PREFIX}${path}`,
      method,
      headers: {
        ...(payload !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...always,
        ...headers,
      },
      body: payload ?? null,
    })
    const bytes = Buffer.from(await response.body.arrayBuffer())
    const received = (response.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString()
    const isJson = String(response.headers['content-type'] ?? '').startsWith('application/json')
    return {
      status: response.statusCode,
      headers: flat(response.headers),
      body: isJson && received !== '' ? (JSON.parse(received) as Envelope<D>) : undefined,
      text: received,
    }
  }

  return {
    origin,
    request,
    get: <D = unknown>(path: string, options?: RequestOptions) => request<D>('GET', path, options),
    post: <D = unknown>(path: string, body?: unknown, options?: RequestOptions) =>
      request<D>('POST', path, { body, ...options }),
    put: <D = unknown>(path: string, body?: unknown, options?: RequestOptions) =>
      request<D>('PUT', path, { body, ...options }),
    delete: (path: string, options?: RequestOptions) => request('DELETE', path, options),
    register: (body: Registration, options?: RequestOptions) =>
      request<TokenPair>('POST', '/auth/register', { body, ...options }),
    login: (login: string, password: string, options?: RequestOptions) =>
      request<TokenPair>('POST', '/auth/login', { body: { login, password }, ...options }),
    user: (id: number, options?: RequestOptions) => request<UserView>('GET', `/users/${id}`, options),
    [Symbol.asyncDispose]: () => agent.destroy(),
  }
}

export type ApiClient = ReturnType<typeof createApiClient>

/** The user id that an access token was made for. */
export const userIdOf = (accessToken: string): number => {
  const payload = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()) as { sub: string }
  return Number(payload.sub)
}

let people = Date.now() % 1_000_000

/** Somebody new, with a name, an address and a password that nobody else has. */
export const somebody = (more: Partial<Registration> = {}): Registration => {
  people += 1
  const mark = `${people.toString(36)}${Math.random().toString(36).slice(2, 8)}`
  return { username: `ada_${mark}`, email: `ada.${mark}@example.org`, password: `correct-horse-${mark}`, ...more }
}
