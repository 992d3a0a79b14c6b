import { setTimeout as delay } from 'node:timers/promises'
import type { Fault } from '../../faults/fault.ts'
import { inject } from '../../faults/inject.ts'
import { sliValue } from '../../faults/watch.ts'
import { readRunState, runningSupervisor } from '../../local/run-state.ts'
import { SERVICE_NAMES } from '../../local/services.ts'
import { readDashboards } from '../../ops/queries/dashboards.ts'
import type { Live } from '../part.ts'
import { alertsSeen, deliveries } from '../watching.ts'
import type { Delivered, TrialPort } from './trial.ts'

const LOOK_MS = 1000
const QUESTION_MS = 1500

const statusOf = async (url: string): Promise<number | undefined> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(QUESTION_MS) })
    await response.arrayBuffer()
    return response.status
  } catch {
    return undefined
  }
}

/** The parts that the supervisor does not call ready, and the services that do not say it themselves. */
const awayNow = async ({ settings: { home }, management }: Live): Promise<string[]> => {
  if (runningSupervisor(home) === undefined) throw new Error('the system has ended')
  const parts = readRunState(home)?.parts ?? []
  const restarting = parts.filter(({ state }) => !['ready', 'done', 'skipped'].includes(state)).map(({ name }) => name)
  const services = await Promise.all(
    SERVICE_NAMES.map(async (name) => ((await statusOf(`${management[name]}/readyz`)) === 200 ? [] : [name])),
  )
  return [...new Set([...restarting, ...services.flat()])]
}

/** Finds what is wrong with links; a runbook is asked for once. */
const linkChecker = async (live: Live): Promise<TrialPort['brokenLinks']> => {
  const uids = new Set((await readDashboards()).map(({ uid }) => uid))
  const statuses = new Map<string, Promise<number | undefined>>()
  return async ({ alert, runbook = '', dashboard = '' }: Delivered): Promise<string[]> => {
    const status = statuses.get(runbook) ?? (runbook === '' ? Promise.resolve(undefined) : statusOf(runbook))
    statuses.set(runbook, status)
    const uid = URL.canParse(dashboard) ? /^\/d\/([^/]+)/.exec(new URL(dashboard).pathname)?.[1] : undefined
    const isOurs = runbook.startsWith(`${live.oncall}/runbooks/`)
    return [
      ...((await status) === 200 && isOurs ? [] : [`the runbook of ${alert} is not there: ${runbook || 'no link'}`]),
      ...(uid !== undefined && uids.has(uid)
        ? []
        : [`the dashboard of ${alert} is none of ours: ${dashboard || 'no link'}`]),
    ]
  }
}

/** The running system as faults are tried in it. */
export const openTrialPort = async (live: Live): Promise<(fault: Fault) => TrialPort> => {
  const brokenLinks = await linkChecker(live)
  let lastLook = 0
  return (fault) => ({
    now: () => Date.now(),
    pause: () => delay(Math.max(0, lastLook + LOOK_MS - Date.now()), undefined, { signal: live.signal }),
    look: async (since) => {
      lastLook = Date.now()
      const [sli, alerts, away] = await Promise.all([
        sliValue(live.backEnds.prometheus, fault.sli.query),
        alertsSeen(live),
        awayNow(live),
      ])
      return { sli, alerts, delivered: deliveries(live, since), away }
    },
    inject: () => inject(fault, live),
    brokenLinks,
  })
}
