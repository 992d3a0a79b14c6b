import { setTimeout as sleep } from 'node:timers/promises'
import type { RequestHandler } from 'express'
import type { Faults } from './faults.ts'

/** Delays a request and fails it, as the flags say. An injected error goes the way of any that nobody has foreseen. */
export const faultyRoute =
  (faults: Faults): RequestHandler =>
  async (_req, _res, next) => {
    const delayMs = await faults.amount('http-delay')
    if (delayMs > 0) await sleep(delayMs)
    if (Math.random() < (await faults.amount('http-error'))) throw new Error('injected fault: http-error')
    next()
  }
