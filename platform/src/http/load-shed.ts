import type { RequestHandler } from 'express'
import { unavailable } from '../errors.ts'
import type { AppError } from '../errors.ts'
import { counter } from '../telemetry/metrics.ts'
import { requestsInFlight } from './scope.ts'

const MAX_LATE_MS = 500
const SAMPLE_EVERY_MS = 100

const shed = counter({ name: 'load_shed_total', help: 'Requests refused to stay alive, by reason', labels: ['reason'] })

/** How late the event loop came to a timer of 100 ms the last time, in milliseconds. */
const watchLateness = (): (() => number) => {
  let lateMs = 0
  let due = performance.now() + SAMPLE_EVERY_MS
  setInterval(() => {
    const at = performance.now()
    lateMs = at - due
    due = at + SAMPLE_EVERY_MS
  }, SAMPLE_EVERY_MS).unref()
  return () => lateMs
}

type Bounds = { readonly maxInFlight: number }

/**
 * The fault to refuse with before the process drowns: beyond `maxInFlight` requests at once, or while the event loop runs
 * more than half a second late, which is when clients have begun to give up what is queued. Undefined while all is well.
 */
export const watchLoad = ({ maxInFlight }: Bounds): (() => AppError | undefined) => {
  const lateness = watchLateness()
  return () => {
    const reason = requestsInFlight() > maxInFlight ? 'in-flight' : lateness() > MAX_LATE_MS ? 'event-loop' : undefined
    if (reason === undefined) return undefined
    shed.inc({ reason })
    return unavailable('overloaded')
  }
}

/** Refuses with 503 what `watchLoad` says. */
export const shedLoad = (bounds: Bounds): RequestHandler => {
  const refusal = watchLoad(bounds)
  return (_req, _res, next) => next(refusal())
}
