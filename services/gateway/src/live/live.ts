import type { RequestHandler } from 'express'
import type { Server } from 'node:http'
import { liveApi } from '@pharos/platform/contracts/http/live'
import { upgradeRequired } from '@pharos/platform/http/faults'
import { Hub } from './hub.ts'
import type { HubPorts } from './hub.ts'
import { streamNotifications } from './sse.ts'
import { answerUpgrades } from './upgrade.ts'
import type { UpgradePorts } from './upgrade.ts'

/** Live delivery: what the app answers by the id of the operation, and what the server's upgrades become. */
export type Live = AsyncDisposable & {
  readonly answers: Readonly<Partial<Record<string, RequestHandler>>>
  /** The server must pass WebSocket upgrades on. */
  attach(server: Server): void
}

const refusePlainRequest: RequestHandler = (_req, res) => {
  res.setHeader('Upgrade', 'websocket')
  throw upgradeRequired()
}

export const createLive = (ports: HubPorts & Omit<UpgradePorts, 'hub'>): Live => {
  const { authenticator, limiter } = ports
  const hub = new Hub(ports)
  return {
    answers: {
      [liveApi.streamNotifications.id]: streamNotifications({ hub, authenticator }),
      [liveApi.connectNotifications.id]: refusePlainRequest,
    },
    attach: (server) => answerUpgrades(server, { hub, authenticator, limiter }),
    [Symbol.asyncDispose]: () => hub[Symbol.asyncDispose](),
  }
}
