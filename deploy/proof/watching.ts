import { z } from 'zod'
import { journalOf } from '../faults/story.ts'
import { alertsNow, deliveredSince } from '../faults/watch.ts'
import type { Delivered, SeenAlert } from './faults/trial.ts'
import type { Live } from './part.ts'
import { askJson } from '../ops/queries/ask-json.ts'

const active = z.array(
  z.object({
    labels: z.looseObject({ alertname: z.string(), service: z.string().default('') }),
    status: z.object({ inhibitedBy: z.array(z.string()) }),
  }),
)

const keyOf = ({ alert, service }: SeenAlert): string => `${alert} ${service}`

/**
 * The alerts that are there: Prometheus's, and what Alertmanager has of Loki's. Several of one name and service are one, which
 * fires when any does and is inhibited when all are.
 */
export const alertsSeen = async ({ backEnds, alertmanager }: Live): Promise<SeenAlert[]> => {
  const [rules, told] = await Promise.all([
    alertsNow(backEnds.prometheus),
    askJson(active, `${alertmanager}/api/v2/alerts?silenced=false`),
  ])
  const seen = new Map<string, SeenAlert>()
  const add = (alert: SeenAlert): void => {
    const known = seen.get(keyOf(alert))
    const fires = alert.state === 'firing' || known?.state === 'firing'
    seen.set(keyOf(alert), { ...alert, state: fires ? 'firing' : 'pending', inhibited: alert.inhibited })
  }
  for (const { alert, service = '', state } of rules) add({ alert, service, state, inhibited: false })
  const free = new Set<string>()
  for (const { labels: of, status } of told) {
    const alert = { alert: of.alertname, service: of.service, state: 'firing' as const, inhibited: true }
    if (status.inhibitedBy.length === 0) free.add(keyOf(alert))
    add({ ...alert, inhibited: !free.has(keyOf(alert)) })
  }
  return [...seen.values()]
}

/** What whoever is on call was told since a time, in ms as `Date.now()` counts, the oldest first, but for the watchdog. */
export const deliveries = (live: Live, since: number): Delivered[] =>
  deliveredSince(journalOf(live), since).map((told) => ({ ...told, service: told.service ?? '' }))
