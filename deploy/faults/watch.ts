import { existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import type { Fault } from './fault.ts'

const TIMEOUT_MS = 5_000

const getJson = async (url: string): Promise<unknown> => {
  const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${url} answers ${answer.status} ${text.slice(0, 200)}`)
  return JSON.parse(text)
}

const labelled = z.record(z.string(), z.string())

const alertsAnswer = z.object({
  data: z.object({
    alerts: z.array(z.object({ labels: labelled, state: z.enum(['pending', 'firing']), activeAt: z.string() })),
  }),
})

/** An alert whose expression holds. Times are ms as `Date.now()` counts. */
export type ActiveAlert = {
  alert: string
  service: string | undefined
  state: 'pending' | 'firing'
  activeAt: number
  labels: Readonly<Record<string, string>>
}

/** What is pending or fires. Loki's ruler answers the same at `<loki>/prometheus`. @throws when there is no answer */
export const alertsNow = async (prometheus: string): Promise<ActiveAlert[]> => {
  const { data } = alertsAnswer.parse(await getJson(`${prometheus}/api/v1/alerts`))
  return data.alerts.map(({ labels, state, activeAt }) => ({
    alert: labels['alertname'] ?? '',
    service: labels['service'],
    state,
    activeAt: Date.parse(activeAt),
    labels,
  }))
}

const status = z.enum(['firing', 'resolved'])
const delivery = z.object({
  received_at: z.string(),
  status,
  notification: z.object({
    alerts: z.array(z.object({ status, labels: labelled, annotations: labelled, startsAt: z.string() })),
  }),
})

/** One alert of a notification that came to whoever is on call. Times are ms as `Date.now()` counts. */
export type DeliveredAlert = {
  status: 'firing' | 'resolved'
  alert: string
  service: string | undefined
  severity: string | undefined
  receivedAt: number
  startsAt: number
  summary: string | undefined
  description: string | undefined
  runbook: string | undefined
  dashboard: string | undefined
}

const deliveriesOf = (line: string): DeliveredAlert[] => {
  let parsed: unknown
  try {
    parsed = JSON.parse(line)
  } catch {
    // The last line may be half a line, and the next look has it whole.
    return []
  }
  // What the error tracker posts is no alert.
  const { data } = delivery.safeParse(parsed)
  return (data?.notification.alerts ?? []).map(({ status: told, labels, annotations, startsAt }) => ({
    status: told,
    alert: labels['alertname'] ?? '',
    service: labels['service'],
    severity: labels['severity'],
    receivedAt: Date.parse(data?.received_at ?? ''),
    startsAt: Date.parse(startsAt),
    summary: annotations['summary'],
    description: annotations['description'],
    runbook: annotations['runbook_url'],
    dashboard: annotations['dashboard_url'],
  }))
}

/**
 * What was delivered from `time` (ms) on, oldest first, but for the watchdog. A notification names all that it is about, so
 * an alert may come again with another one of its name: `startsAt` tells them apart.
 */
export const deliveredSince = (journalFile: string, time: number): DeliveredAlert[] =>
  // The older half of a journal that grew too large lies beside it.
  [`${journalFile}.1`, journalFile]
    .flatMap((file) => (existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []))
    .flatMap(deliveriesOf)
    .filter(({ receivedAt, alert }) => receivedAt >= time && alert !== 'Watchdog')

const vectorAnswer = z.object({
  data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }),
})

/** The largest value of an instant query; undefined when there is none. @throws when there is no answer */
export const sliValue = async (prometheus: string, query: string): Promise<number | undefined> => {
  const { data } = vectorAnswer.parse(
    await getJson(`${prometheus}/api/v1/query?${new URLSearchParams({ query }).toString()}`),
  )
  const values = data.result.map(({ value }) => Number(value[1])).filter((value) => !Number.isNaN(value))
  return values.length === 0 ? undefined : Math.max(...values)
}

/** Whether an indicator is where the fault ought to bring it. */
export const isMoved = ({ is, bound }: Fault['sli'], value: number | undefined): boolean =>
  value !== undefined && (is === 'above' ? value > bound : value < bound)
