import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { alertNotification, openJournal } from './journal.ts'
import type { Entry } from './journal.ts'
import { renderPage } from './page.ts'

const BODY_LIMIT_BYTES = 1024 * 1024
const CLOSE_MS = 1_000
// Nothing is loaded from anywhere, and no script runs, whatever was delivered.
const POLICY = { 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'" }

/** An answer that is no success; its message is the body. */
const refusal = (status: number, message: string): Error => Object.assign(new Error(message), { status })

const readJson = async (req: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length
    // Read to its end, else the sender would never see the answer.
    if (size <= BODY_LIMIT_BYTES) chunks.push(chunk)
  }
  if (size > BODY_LIMIT_BYTES) throw refusal(413, 'The body is larger than 1 MB.')
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    throw refusal(400, 'The body is not JSON.')
  }
}

const send = (res: ServerResponse, status: number, type: string, body: string): void => {
  res.writeHead(status, { 'content-type': `${type}; charset=utf-8`, 'x-content-type-options': 'nosniff', ...POLICY })
  res.end(body)
}

/** @throws a refusal of what Alertmanager would not post; what an error tracker posts is its own affair */
const entryOf = (url: string | undefined, notification: unknown): Entry => {
  const received_at = new Date().toISOString()
  if (url === '/errors') return { received_at, status: 'error', notification }
  const { data, error } = alertNotification.safeParse(notification)
  if (data) return { received_at, status: data.status, notification: data }
  const where = error.issues[0]?.path.join('.') || 'the body'
  throw refusal(400, `This is no notification of Alertmanager: see ${where}.`)
}

/** Receives notifications, keeps them in a file, and shows them with the runbooks of a folder. Port 0 takes a free one. */
export const startReceiver = async (options: { port: number; file: string; runbooks: string }) => {
  const journal = await openJournal(options.file)
  const counts = { firing: 0, resolved: 0, error: 0 }

  const metrics = (): string =>
    [
      '# TYPE oncall_notifications_total counter',
      ...Object.entries(counts).map(([status, count]) => `oncall_notifications_total{status="${status}"} ${count}`),
      '# TYPE oncall_last_watchdog_timestamp_seconds gauge',
      `oncall_last_watchdog_timestamp_seconds ${journal.lastWatchdog()}\n`,
    ].join('\n')

  const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const route = `${req.method} ${req.url}`
    // Letters and digits alone, so no name leads out of the folder.
    const name = /^GET \/runbooks\/([A-Za-z0-9]+)\.md$/.exec(route)?.[1]
    if (name !== undefined) {
      const text = await readFile(join(options.runbooks, `${name}.md`), 'utf8').catch(() => {
        throw refusal(404, `There is no runbook ${name}.`)
      })
      return send(res, 200, 'text/markdown', text)
    }
    if (route === 'GET /') return send(res, 200, 'text/html', renderPage(journal.newest(), journal.lastWatchdog()))
    if (route === 'GET /metrics') return send(res, 200, 'text/plain; version=0.0.4', metrics())
    if (route === 'POST /alerts' || route === 'POST /errors') {
      const entry = entryOf(req.url, await readJson(req))
      await journal.append(entry)
      counts[entry.status] += 1
    } else if (route !== 'GET /healthz') throw refusal(404, 'There is nothing at this address.')
    send(res, 200, 'text/plain', 'ok\n')
  }

  const server = createServer((req, res) => {
    answer(req, res).catch((error: unknown) => {
      const { status, message } = error as Error & { status?: number }
      if (status === undefined) process.stderr.write(`${message}\n`)
      send(res, status ?? 500, 'text/plain', `${status === undefined ? 'It could not be kept.' : message}\n`)
    })
  })
  server.listen(options.port, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Ends what was begun, within a second. */
    [Symbol.asyncDispose]: async (): Promise<void> => {
      server.close()
      setTimeout(() => server.closeAllConnections(), CLOSE_MS).unref()
      await once(server, 'close')
    },
  }
}
