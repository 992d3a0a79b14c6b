import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { WebSocket } from 'ws'
import { API_PREFIX } from '@pharos/platform/contracts/http/define'
import { eventually } from '@pharos/platform/testing/eventually'
import { exchange } from './start-gateway.ts'

export type Event = { readonly id?: string; readonly event?: string; readonly data?: string; readonly retry?: string }

const parse = (block: string): Event => {
  const fields = block.split('\n').map((line) => /^(\w*): ?(.*)$/.exec(line))
  return Object.fromEntries(fields.map((field) => [field?.[1], field?.[2]])) as Event
}

type StreamOptions = { readonly headers?: Record<string, string>; readonly path?: string }

const request = async (port: number, token: string, { path = '/notification/stream', headers }: StreamOptions) => {
  const { req, answer } = exchange(port, path, { headers: { authorization: `Bearer ${token}`, ...headers } })
  req.on('error', () => {})
  req.end()
  return { req, response: await answer }
}

/** A client of the event stream that writes down what it hears. A gateway that sheds load is asked again. */
export const openStream = async (port: number, token: string, options: StreamOptions = {}) => {
  const { req, response } = await eventually(async () => {
    const opened = await request(port, token, options)
    if (opened.response.statusCode !== 200) opened.req.destroy()
    assert.equal(opened.response.statusCode, 200)
    return opened
  })
  let text = ''
  response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  response.on('error', () => {})
  const blocks = (): string[] => text.split('\n\n').slice(0, -1)
  const events = (): Event[] =>
    blocks()
      .filter((block) => !block.startsWith(':'))
      .map(parse)
  return {
    headers: response.headers,
    response,
    text: () => text,
    events,
    beats: () => blocks().filter((block) => block.startsWith(':')).length,
    ids: () =>
      events()
        .filter(({ event }) => event === 'notification')
        .map(({ id }) => Number(id)),
    closed: new Promise<void>((resolve) => response.once('close', resolve)),
    close: () => req.destroy(),
    [Symbol.dispose]: () => void req.destroy(),
  }
}

type SocketOptions = { readonly path?: string; readonly protocols?: string[]; readonly autoPong?: boolean }

type Message = { readonly id: number; readonly correlation_id?: string; readonly payload?: unknown }

const handshake = (port: number, token: string | undefined, options: SocketOptions): WebSocket => {
  const { path = '/notification/ws', autoPong = true } = options
  const protocols = options.protocols ?? (token === undefined ? [] : ['bearer', token])
  return new WebSocket(`ws://127.0.0.1:${port}${API_PREFIX}${path}`, protocols, { autoPong })
}

/** A client of the WebSocket that writes down what it hears. */
export const openSocket = async (port: number, token: string | undefined, options: SocketOptions = {}) => {
  const ws = handshake(port, token, options)
  const messages: Message[] = []
  let pings = 0
  let headers: IncomingMessage['headers'] = {}
  ws.on('upgrade', (response) => (headers = response.headers))
  ws.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString()) as Message))
  ws.on('ping', () => (pings += 1))
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    ws.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
  })
  await once(ws, 'open')
  ws.on('error', () => {})
  return {
    ws,
    messages,
    headers,
    ids: () => messages.map(({ id }) => id),
    pings: () => pings,
    closed,
    [Symbol.dispose]: () => ws.terminate(),
  }
}
