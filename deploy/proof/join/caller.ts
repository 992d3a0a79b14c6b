import { randomBytes } from 'node:crypto'
import { API_PREFIX, type Operation } from '@pharos/platform/contracts/http/define'
import { Agent } from 'undici'
import { z } from 'zod'
import type { ServiceName } from '../../local/services.ts'
import { loopbackAddresses } from './addresses.ts'

const TIMEOUT_MS = 15_000
/** Below what the gateway allows an address in a minute (10), which a neighbour's retry must not use up. */
const CREDENTIALS_PER_ADDRESS = 6

export type Ask = {
  params?: Readonly<Record<string, string | number>>
  query?: Readonly<Record<string, string | number>>
  body?: unknown
  /** Sent as it is, without making JSON of it. */
  text?: string
  token?: string
  headers?: Readonly<Record<string, string>>
  /** The address it comes from; for credentials each few requests have a new one anyway. */
  from?: string | undefined
}

/** A request with the ids that it was given, and how it was answered. `status` is undefined when it was not. */
export type Sent = {
  /** What it was to be: a key of the expectations. */
  what: string
  /** The service that was made to fail for it. */
  faulted?: ServiceName | undefined
  correlationId: string
  traceId: string
  /** Of the caller's own span, which the gateway's is a child of. */
  spanId: string
  status: number | undefined
  answered: { correlationId: string | undefined; traceId: string | undefined; message: string | undefined }
  data: unknown
  /** When it was sent and when its answer had come, in ms since 1970. */
  sentMs: number
  answeredMs: number
}

/** Sends requests that can be found again, each with ids of its own. */
export type Caller = AsyncDisposable & {
  mark: string
  sent: readonly Sent[]
  /** An address of somebody who was not there before. */
  newAddress(): string | undefined
  send(what: string, operation: Operation, ask?: Ask & { faulted?: ServiceName }): Promise<Sent>
}

const envelope = z.object({
  data: z.unknown().optional(),
  message: z.string().optional(),
  trace_id: z.string().optional(),
})
type Envelope = Partial<z.output<typeof envelope>>

const pathOf = ({ paths }: Operation, { params = {}, query = {} }: Ask): string => {
  const filled = (paths[0] ?? '').replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(params[name])))
  const pairs = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)])
  const search = new URLSearchParams(pairs).toString()
  return `${API_PREFIX}${filled}${search === '' ? '' : `?${search}`}`
}

const parse = (text: string): Envelope => {
  try {
    return envelope.parse(JSON.parse(text))
  } catch {
    return {}
  }
}

type Body = AsyncIterable<Buffer> & { text(): Promise<string>; destroy(): void }

/** The whole answer; of a stream, which has no end, the first part. */
const readAnswer = async (operation: Operation, status: number, body: Body): Promise<Envelope> => {
  if (operation.success.stream !== true || status !== operation.success.status) return parse(await body.text())
  for await (const _part of body) break
  body.destroy()
  return {}
}

/**
 * `mark` begins each correlation id: letters, digits and dashes. `url` is that of the gateway. Every trace is sampled from
 * here, so it is stored whatever share of traces the services would begin themselves.
 */
export const openCaller = ({ url, mark }: { url: string; mark: string }): Caller => {
  const agents = new Map<string, Agent>()
  const newAddress = loopbackAddresses(url)
  const sent: Sent[] = []
  let credentials = { address: newAddress(), used: 0 }

  const agentOf = (address: string | undefined): Agent => {
    const known = agents.get(address ?? '')
    if (known !== undefined) return known
    const agent = new Agent({
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
      keepAliveTimeout: 1000,
      // Not as an option of `connect`, where undici overwrites it.
      ...(address !== undefined && { localAddress: address }),
    })
    agents.set(address ?? '', agent)
    return agent
  }
  const credentialsAddress = (): string | undefined => {
    if (credentials.used === CREDENTIALS_PER_ADDRESS) credentials = { address: newAddress(), used: 0 }
    credentials.used += 1
    return credentials.address
  }

  const send: Caller['send'] = async (what, operation, ask = {}) => {
    const ids = {
      correlationId: `${mark}-${sent.length + 1}`,
      traceId: randomBytes(16).toString('hex'),
      spanId: randomBytes(8).toString('hex'),
    }
    const payload = ask.text ?? (ask.body === undefined ? null : JSON.stringify(ask.body))
    const nothing = { correlationId: undefined, traceId: undefined, message: undefined }
    const begun = { what, faulted: ask.faulted, ...ids, status: undefined, answered: nothing, data: undefined }
    const request: Sent = { ...begun, sentMs: Date.now(), answeredMs: 0 }
    sent.push(request)
    try {
      const response = await agentOf(operation.limit === 'credentials' ? credentialsAddress() : ask.from).request({
        origin: url,
        path: pathOf(operation, ask),
        method: (operation.methods[0] ?? 'get').toUpperCase(),
        headers: {
          'x-correlation-id': ids.correlationId,
          traceparent: `00-${ids.traceId}-${ids.spanId}-01`,
          ...(payload !== null && { 'content-type': 'application/json' }),
          ...(ask.token !== undefined && { authorization: `Bearer ${ask.token}` }),
          ...ask.headers,
        },
        body: payload,
      })
      const { data, message, trace_id: traceId } = await readAnswer(operation, response.statusCode, response.body)
      const echoed = response.headers['x-correlation-id']
      const correlationId = typeof echoed === 'string' ? echoed : undefined
      Object.assign(request, { status: response.statusCode, data, answered: { correlationId, traceId, message } })
    } catch (error) {
      request.answered.message = error instanceof Error ? error.message || error.name : String(error)
    }
    request.answeredMs = Date.now()
    return request
  }

  return {
    mark,
    sent,
    newAddress,
    send,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()))
    },
  }
}
