import { WebSocket } from 'ws'
import type { NotificationView } from '@pharos/platform/contracts/http/notifications'

type Message = NotificationView & { readonly correlation_id?: string }

/** What has come over one live connection so far. */
export type Live = Disposable & {
  readonly messages: readonly Message[]
  /** Of the last message, to resume by. */
  readonly lastId: string
  /** Why it was closed: the code of a WebSocket, 0 for a stream that has ended; undefined while it is open. */
  readonly closed: number | undefined
}

type Options = { readonly token: string; readonly lastId?: string }

/** Opens `GET /notification/stream` and reads it as EventSource does. @throws Error with the status when it is refused */
export const openStream = async (url: string, { token, lastId }: Options): Promise<Live> => {
  const abort = new AbortController()
  const response = await fetch(`${url}/api/v1/notification/stream`, {
    headers: { authorization: `Bearer ${token}`, ...(lastId !== undefined && { 'last-event-id': lastId }) },
    signal: abort.signal,
  })
  if (response.status !== 200 || !response.body) throw new Error(`the stream was answered ${response.status}`)
  const messages: Message[] = []
  const live = {
    messages,
    lastId: lastId ?? '',
    closed: undefined as number | undefined,
    [Symbol.dispose]: () => abort.abort(),
  }
  const take = (block: string): void => {
    const fields = new Map(
      block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
    )
    const data = fields.get('data')
    if (fields.get('event') !== 'notification' || data === undefined) return
    live.lastId = fields.get('id') ?? live.lastId
    messages.push(JSON.parse(data) as Message)
  }
  const read = async (body: ReadableStream<Uint8Array>): Promise<void> => {
    let text = ''
    for await (const part of body.pipeThrough(new TextDecoderStream())) {
      const blocks = (text + part).split('\n\n')
      text = blocks.pop() ?? ''
      blocks.forEach(take)
    }
  }
  void read(response.body)
    .catch(() => {})
    .finally(() => (live.closed = 0))
  return live
}

/** Opens the WebSocket with the token as its second protocol; resolves when it is open or closed. */
export const openSocket = async (url: string, { token, lastId }: Options): Promise<Live> => {
  const query = lastId === undefined ? '' : `?last_event_id=${lastId}`
  const socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/notification/ws${query}`, ['bearer', token])
  const messages: Message[] = []
  const live = {
    messages,
    lastId: lastId ?? '',
    closed: undefined as number | undefined,
    [Symbol.dispose]: () => socket.terminate(),
  }
  socket.on('error', () => {})
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as Message
    live.lastId = String(message.id)
    messages.push(message)
  })
  await new Promise<void>((resolve) => {
    socket.once('open', resolve)
    socket.once('close', resolve)
    socket.on('close', (code) => (live.closed = code))
  })
  return live
}
