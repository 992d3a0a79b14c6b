import {
  BrokenCircuitError,
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleAll,
} from 'cockatiel'
import { Pool } from 'undici'
import { oncePerKey } from '../runtime/once-per-key.ts'
import { openSpan } from '../telemetry/context.ts'
import type { Frame } from '../telemetry/context.ts'
import { counter, gauge, histogram } from '../telemetry/metrics.ts'
import { SpanShape } from '../telemetry/span-shape.ts'

const CONNECTIONS = 64
const CONNECT_TIMEOUT_MS = 1_000
const KEEP_ALIVE_MS = 30_000
const FAILURES_TO_OPEN = 5
const HALF_OPEN = { initialDelay: 1_000, maxDelay: 10_000 }
const STATES: Record<CircuitState, number> = {
  [CircuitState.Closed]: 0,
  [CircuitState.HalfOpen]: 1,
  [CircuitState.Open]: 2,
  [CircuitState.Isolated]: 2,
}
/** At most one retry for ten calls, and ten saved up: retries must not become the load that keeps a peer down. */
const RETRY_SHARE = 0.1
const RETRY_RESERVE = 10

const duration = histogram({
  name: 'http_client_request_duration_seconds',
  help: 'Duration of HTTP calls to other services',
  labels: ['peer', 'method', 'status_code'],
})
const circuit = gauge({ name: 'circuit_breaker_state', help: '0 closed, 1 half open, 2 open', labels: ['peer'] })
const retries = counter({ name: 'retry_attempts_total', help: 'Calls to other services tried again', labels: ['peer'] })

/** One call that is under way. */
export type Call = {
  /** The `traceparent` to send along. */
  readonly traceparent: string | undefined
  succeed(status: number): void
  fail(error: unknown): void
}

/** Another service as seen from this one: its connections, circuit breaker, retry budget, spans and latency. */
export type Upstream = AsyncDisposable & {
  readonly peer: string
  readonly pool: Pool
  /** Runs an attempt unless the circuit is open. The attempt rejects only for a failure of the peer itself. */
  guard<T>(attempt: () => Promise<T>): Promise<T>
  /** True, once, if the peer was asked at all before it failed with `error`, and the retry budget has room for one more. */
  mayRetry(error: unknown): boolean
  /** Notes the start of a call; `route` is a template. */
  begin(frame: Frame | undefined, method: string, route: string): Call
}

/** Connects to a service: keep-alive connections, a breaker that opens after five failures in a row. */
export const createUpstream = ({ peer, baseUrl }: { readonly peer: string; readonly baseUrl: string }): Upstream => {
  const pool = new Pool(baseUrl, {
    connections: CONNECTIONS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connect: { timeout: CONNECT_TIMEOUT_MS },
  })
  const breaker = circuitBreaker(handleAll, {
    halfOpenAfter: new ExponentialBackoff(HALF_OPEN),
    breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN),
  })
  circuit.set({ peer }, STATES[CircuitState.Closed])
  breaker.onStateChange((state) => circuit.set({ peer }, STATES[state]))
  let retryBudget = RETRY_RESERVE
  /** By method and template of the route. */
  const shapeOf = oncePerKey((name: string) => {
    const method = name.slice(0, name.indexOf(' '))
    return new SpanShape(name, 'client', { 'http.request.method': method, 'peer.service': peer })
  })

  return {
    peer,
    pool,
    guard: (attempt) => breaker.execute(attempt),
    mayRetry(error) {
      if (error instanceof BrokenCircuitError || retryBudget < 1) return false
      retryBudget -= 1
      retries.inc({ peer })
      return true
    },
    begin(frame, method, route) {
      retryBudget = Math.min(RETRY_RESERVE, retryBudget + RETRY_SHARE)
      const span = openSpan(frame, shapeOf(`${method} ${route}`))
      const started = performance.now()
      let ended = false
      const end = (status: number | string, error?: unknown): void => {
        if (ended) return
        ended = true
        duration.observe({ peer, method, status_code: status }, (performance.now() - started) / 1_000, frame)
        if (typeof status === 'number') span.set('http.response.status_code', status)
        span.end(error)
      }
      return {
        traceparent: span.traceparent,
        succeed: (status) => end(status, status >= 500 ? `HTTP ${status}` : undefined),
        fail: (error) => end('error', error),
      }
    },
    [Symbol.asyncDispose]: () => pool.close(),
  }
}
