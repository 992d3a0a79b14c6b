import { createServer } from 'node:http'
import { gunzipSync } from 'node:zlib'
import type { AddressInfo } from 'node:net'
import { answerQuestions } from './worker.ts'

/** What has arrived since the process began. */
export type Received = { port: number; spans: number; bytes: number }

const SPAN = Buffer.from('"spanId":')
const received: Received = { port: 0, spans: 0, bytes: 0 }

const countSpans = (body: Buffer): number => {
  let count = 0
  for (let at = body.indexOf(SPAN); at !== -1; at = body.indexOf(SPAN, at + SPAN.length)) count += 1
  return count
}

// The receiver of traces (OTLP/HTTP, JSON) and of error events (Sentry protocol): takes everything, keeps nothing.
const server = createServer((req, res) => {
  const chunks: Buffer[] = []
  req.on('data', (chunk: Buffer) => chunks.push(chunk))
  req.on('end', () => {
    const body = Buffer.concat(chunks)
    received.bytes += body.length
    received.spans += countSpans(req.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body)
    res.setHeader('content-type', 'application/json').end('{}')
  })
})
server.keepAliveTimeout = 600_000

const listening = new Promise<void>((resolve) => {
  server.listen(0, '127.0.0.1', () => {
    received.port = (server.address() as AddressInfo).port
    resolve()
  })
})

answerQuestions<'received', Received>(async () => {
  await listening
  return received
})
