import { setTimeout as delay } from 'node:timers/promises'

const QUEUE_LIMIT_BYTES = 16 * 1024 * 1024
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 10_000
const TIMEOUT_MS = 10_000
/** An envelope that a tracker fails on must not hold up the others for good. */
const FAILURES_MAX = 3

/** Where a DSN (`http://key@host/path/project`) takes envelopes, and the header that lets them in. */
export const envelopeTarget = (dsn: string): { url: string; auth: string } => {
  const { protocol, host, pathname, username } = new URL(dsn)
  const [, path = '', project = ''] = /^(.*)\/([^/]+)$/.exec(pathname) ?? []
  return {
    url: `${protocol}//${host}${path}/api/${project}/envelope/`,
    auth: `Sentry sentry_version=7, sentry_client=pharos-spool/1, sentry_key=${username}`,
  }
}

/**
 * Sends envelopes on to a DSN, in order, one at a time, as long as it takes; what comes when too much is waiting is
 * dropped. Ends with `stopped`, and never keeps the process alive by waiting.
 */
export const envelopeForwarder = (
  dsn: string,
  drop: (reason: string) => void,
  stopped: AbortSignal,
): ((envelope: Buffer) => void) => {
  const { url, auth } = envelopeTarget(dsn)
  const waiting: Buffer[] = []
  let waitingBytes = 0
  let sending = false

  /** The status of the answer, or undefined when there was none. */
  const offer = async (envelope: Buffer): Promise<number | undefined> => {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/x-sentry-envelope', 'x-sentry-auth': auth },
        body: new Uint8Array(envelope),
        signal: AbortSignal.any([stopped, AbortSignal.timeout(TIMEOUT_MS)]),
      })
      await response.body?.cancel()
      return response.status
    } catch {
      return undefined
    }
  }

  const isDone = (status: number | undefined, failures: number): boolean => {
    // Away, or it has enough for now.
    if (status === undefined || status === 429) return false
    if (status < 300) return true
    if (status >= 500 && failures < FAILURES_MAX) return false
    drop(`the error tracker answers ${status}`)
    return true
  }

  const send = async (): Promise<void> => {
    sending = true
    let pauseMs = FIRST_PAUSE_MS
    let failures = 0
    for (let [first] = waiting; first !== undefined && !stopped.aborted; [first] = waiting) {
      const status = await offer(first)
      if (status !== undefined && status >= 500) failures += 1
      if (isDone(status, failures)) {
        waiting.shift()
        waitingBytes -= first.length
        pauseMs = FIRST_PAUSE_MS
        failures = 0
      } else {
        await delay(pauseMs, undefined, { ref: false, signal: stopped }).catch(() => {})
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
      }
    }
    sending = false
  }

  return (envelope) => {
    if (waitingBytes + envelope.length > QUEUE_LIMIT_BYTES) return drop('the error tracker is away or too slow')
    waiting.push(envelope)
    waitingBytes += envelope.length
    if (!sending) void send()
  }
}
