import { API_PREFIX, type Operation } from '@pharos/platform/contracts/http/define'
import { addressOf } from './addresses.ts'
import { openConnections } from './connections.ts'

export type Ask = {
  /** Who asks, by number: each acts from an address of their own where there are any. */
  from?: number
  params?: Readonly<Record<string, string | number>>
  query?: Readonly<Record<string, string | number>>
  body?: unknown
  /** Sent as it is, without making JSON of it. */
  text?: string
  token?: string
  headers?: Readonly<Record<string, string>>
  /** Which of the operation's paths; the first by default. */
  path?: number
}

/** `status` is undefined when there was no answer, and `fault` says why. */
export type Answer = {
  status: number | undefined
  ms: number
  correlationId: string
  data?: unknown
  message?: string | undefined
  fault?: string
}

/** A client of the public API, as any other would be: it knows the contract and an address, and never throws for an answer. */
export type Api = AsyncDisposable & { url: string; ask(operation: Operation, ask?: Ask): Promise<Answer> }

const TIMEOUT_MS = 15_000

const pathOf = ({ paths }: Operation, { params = {}, query, path = 0 }: Ask): string => {
  const template = paths[path % paths.length] ?? ''
  const filled = template.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(params[name])))
  const search = new URLSearchParams(
    Object.entries(query ?? {}).map(([name, value]): [string, string] => [name, String(value)]),
  )
  return `${API_PREFIX}${filled}${search.size === 0 ? '' : `?${search.toString()}`}`
}

const headersOf = ({ token, headers }: Ask, correlationId: string, payload: string | null): Record<string, string> => ({
  'x-correlation-id': correlationId,
  ...(payload !== null && { 'content-type': 'application/json' }),
  ...(token !== undefined && { authorization: `Bearer ${token}` }),
  ...headers,
})

const parse = (text: string): { data?: unknown; message?: string } => {
  try {
    return JSON.parse(text) as { data?: unknown; message?: string }
  } catch {
    return { message: text === '' ? undefined : 'the answer is no JSON' } as { message?: string }
  }
}

/** Correlation ids are the mark and a number, so `npm run follow` finds any request of a run. */
export const openApi = (o: { url: string; mark: string; connections: number }): Api => {
  const { url, mark } = o
  const connections = openConnections({ url, most: o.connections, timeoutMs: TIMEOUT_MS })
  let asked = 0

  const ask = async (operation: Operation, what: Ask = {}): Promise<Answer> => {
    asked += 1
    const correlationId = `${mark}-${asked}`
    const payload = what.text ?? (what.body === undefined ? null : JSON.stringify(what.body))
    const begun = performance.now()
    const from = what.from === undefined ? undefined : addressOf(url, what.from)
    try {
      return await connections.lend(from, async (client) => {
        const { statusCode: status, body } = await client.request({
          path: pathOf(operation, what),
          method: (operation.methods[0] ?? 'get').toUpperCase(),
          headers: headersOf(what, correlationId, payload),
          body: payload,
        })
        const { data, message } = parse(await body.text())
        return { status, ms: performance.now() - begun, correlationId, data, message }
      })
    } catch (error) {
      const fault = error instanceof Error ? error.message || error.name : String(error)
      return { status: undefined, ms: performance.now() - begun, correlationId, fault }
    }
  }
  return { url, ask, [Symbol.asyncDispose]: () => connections[Symbol.asyncDispose]() }
}
