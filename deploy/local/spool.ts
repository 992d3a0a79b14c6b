import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { appendFile, mkdir, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { envelopeForwarder } from './spool-forward.ts'

// Keeps traces (OTLP/HTTP JSON) and errors (Sentry envelopes) as lines of JSON in two files, so that a request can be
// followed on any machine. It always answers its senders at once and never lets them wait for the disk, nor for the error
// tracker that errors are sent on to: what does not fit is dropped and counted.

const BODY_LIMIT_BYTES = 8 * 1024 * 1024
const QUEUE_LIMIT_BYTES = 32 * 1024 * 1024
const FILE_LIMIT_BYTES = 64 * 1024 * 1024

const unzip = promisify(gunzip)
let dropped = 0

const drop = (reason: string): void => {
  dropped += 1
  // 1, 2, 4, 8, …: said early, and never a flood
  if (Math.log2(dropped) % 1 === 0) process.stdout.write(`dropped ${dropped} bodies so far; the last one: ${reason}\n`)
}

/** Appends lines to a file in order; at the size limit the file becomes `<file>.1` and a new one begins. */
const lineFile = (file: string): ((line: Buffer) => void) => {
  let queue: Buffer[] = []
  let queuedBytes = 0
  let writing = false
  const write = async (): Promise<void> => {
    writing = true
    while (queue.length > 0) {
      const lines = Buffer.concat(queue)
      queue = []
      queuedBytes = 0
      try {
        const size = await stat(file).then(
          (stats) => stats.size,
          () => 0,
        )
        if (size > FILE_LIMIT_BYTES) await rename(file, `${file}.1`)
        await appendFile(file, lines)
      } catch (error) {
        drop(error instanceof Error ? error.message : String(error))
      }
    }
    writing = false
  }
  return (line) => {
    if (queuedBytes + line.length > QUEUE_LIMIT_BYTES) return drop('the disk is too slow')
    queue.push(line, Buffer.from('\n'))
    queuedBytes += line.length + 1
    if (!writing) void write()
  }
}

const readBody = async (req: IncomingMessage): Promise<Buffer | undefined> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= BODY_LIMIT_BYTES) chunks.push(chunk)
  }
  if (size > BODY_LIMIT_BYTES) return undefined
  const body = Buffer.concat(chunks)
  return req.headers['content-encoding'] === 'gzip' ? unzip(body, { maxOutputLength: BODY_LIMIT_BYTES }) : body
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** A Sentry envelope (a header line, then pairs of an item's header and its payload) as one object. */
export const parseEnvelope = (body: Buffer): { header: unknown; items: { header: unknown; payload: unknown }[] } => {
  let position = 0
  const takeLine = (): string => {
    const end = body.indexOf(10, position)
    const line = body.toString('utf8', position, end === -1 ? body.length : end)
    position = end === -1 ? body.length : end + 1
    return line
  }
  const header = parse(takeLine())
  const items: { header: unknown; payload: unknown }[] = []
  while (position < body.length) {
    const line = takeLine()
    if (line === '') continue
    const item = parse(line)
    const length = typeof item === 'object' && item !== null && 'length' in item ? Number(item.length) : undefined
    const payload = length === undefined ? takeLine() : body.toString('utf8', position, position + length)
    if (length !== undefined) position += length
    items.push({ header: item, payload: parse(payload) })
  }
  return { header, items }
}

type Receiver = (req: IncomingMessage, res: ServerResponse) => Promise<void>

const answer = (res: ServerResponse, status: number, body: string): void => {
  res.writeHead(status, { 'content-type': 'application/json', 'access-control-allow-origin': '*' }).end(body)
}

const receiveTraces =
  (append: (line: Buffer) => void): Receiver =>
  async (req, res) => {
    if (req.method !== 'POST' || req.url !== '/v1/traces') return answer(res, 404, '{}')
    if (!req.headers['content-type']?.startsWith('application/json')) return answer(res, 415, '{"message":"JSON only"}')
    const body = await readBody(req)
    answer(res, 200, '{}')
    if (body === undefined || body[0] !== 0x7b) return drop('no JSON object, or too large')
    // A line break in valid JSON is white space between its tokens.
    for (let at = body.indexOf(10); at !== -1; at = body.indexOf(10, at)) body[at] = 32
    append(body)
  }

const receiveErrors =
  (append: (line: Buffer) => void, forward: ((envelope: Buffer) => void) | undefined): Receiver =>
  async (req, res) => {
    const project = /^\/api\/([^/]+)\/envelope\/?(\?|$)/.exec(req.url ?? '')?.[1]
    if (req.method !== 'POST' || project === undefined) return answer(res, 404, '{}')
    const body = await readBody(req)
    answer(res, 200, '{}')
    if (body === undefined) return drop('too large')
    append(Buffer.from(JSON.stringify({ received_at: new Date().toISOString(), project, ...parseEnvelope(body) })))
    forward?.(body)
  }

const serve = (port: number, receive: Receiver): void => {
  const server = createServer((req, res) => {
    receive(req, res).catch((error: unknown) => {
      drop(error instanceof Error ? error.message : String(error))
      if (!res.headersSent) answer(res, 200, '{}')
    })
  })
  server.on('error', (error) => {
    process.stdout.write(`${error.message}\n`)
    process.exit(1)
  })
  server.listen(port, '127.0.0.1')
  process.once('SIGTERM', () => {
    server.close()
    server.closeAllConnections()
  })
}

if (import.meta.main) {
  const { FOLDER = '.', TRACES_PORT, ERRORS_PORT, FORWARD_DSN } = process.env
  const stopped = new AbortController()
  process.once('SIGTERM', () => stopped.abort())
  const forward = FORWARD_DSN ? envelopeForwarder(FORWARD_DSN, drop, stopped.signal) : undefined
  await mkdir(FOLDER, { recursive: true })
  if (TRACES_PORT) serve(Number(TRACES_PORT), receiveTraces(lineFile(join(FOLDER, 'traces.jsonl'))))
  if (ERRORS_PORT) serve(Number(ERRORS_PORT), receiveErrors(lineFile(join(FOLDER, 'errors.jsonl')), forward))
}
