/** The few calls we make; `send` throws a `Refused` for any answer but 2xx. */
export type Elasticsearch = {
  send(method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<unknown>
}

/** An answer that says no; `reason` is the server's own sentence. */
export class Refused extends Error {
  readonly status: number
  readonly reason: string

  constructor(call: string, status: number, reason: string) {
    super(`${call} was refused (${status}): ${reason}`)
    this.name = 'Refused'
    this.status = status
    this.reason = reason
  }
}

const TIMEOUT_MS = 15_000

/** The headers for a URL with a user in it, which `fetch` does not accept, and the URL without. */
export const splitUser = (address: string): { url: string; headers: Record<string, string> } => {
  const url = new URL(address)
  const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  const headers: Record<string, string> =
    url.username === '' ? {} : { authorization: `Basic ${Buffer.from(user).toString('base64')}` }
  url.username = ''
  url.password = ''
  return { url: url.href.replace(/\/$/, ''), headers }
}

const reasonOf = (text: string): string => {
  try {
    const { error } = JSON.parse(text) as { error?: string | { reason?: string } }
    return (typeof error === 'object' ? error.reason : error) ?? text
  } catch {
    return text.slice(0, 200)
  }
}

/** Takes the address with or without `user:password@`. */
export const connect = (address: string): Elasticsearch => {
  const { url, headers } = splitUser(address)
  return {
    send: async (method, path, body) => {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { ...headers, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      const text = await response.text()
      if (!response.ok) throw new Refused(`${method} ${path}`, response.status, reasonOf(text))
      return text === '' ? {} : (JSON.parse(text) as unknown)
    },
  }
}

/** True for the answer of a server that does not have that part of the API, as OpenSearch has no ILM. */
export const isUnknownApi = (error: unknown): boolean =>
  error instanceof Refused && /no handler found/.test(error.reason)
