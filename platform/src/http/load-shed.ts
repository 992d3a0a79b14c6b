import type { RequestHandler } from 'express'
import { unavailable } from '../errors.ts'
import { watchEventLoop } from '../telemetry/event-loop.ts'
import { counter } from '../telemetry/metrics.ts'
import { requestsInFlight } from './scope.ts'

const MAX_LOOP_DELAY_MS = 500
const SAMPLE_EVERY_MS = 500

const shed = counter({ name: 'load_shed_total', help: 'Requests refused to stay alive, by reason', labels: ['reason'] })

/**
 * Refuses with 503 before the process drowns: beyond `maxInFlight` requests at once, or while the event loop runs
 * more than half a second late.
 */
export const shedLoad = ({ maxInFlight }: { readonly maxInFlight: number }): RequestHandler => {
  const readDelayMs = watchEventLoop()
  let delayMs = 0
  setInterval(() => {
    delayMs = readDelayMs()
  }, SAMPLE_EVERY_MS).unref()
  return (_req, _res, next) => {
    const reason =
      requestsInFlight() > maxInFlight ? 'in-flight' : delayMs > MAX_LOOP_DELAY_MS ? 'event-loop' : undefined
    if (reason === undefined) return next()
    shed.inc({ reason })
    next(unavailable('overloaded'))
  }
}
