import { join } from 'node:path'
import { telemetryFolder } from '../local/parts.ts'
import type { Say } from '../local/progress.ts'
import type { Fault } from './fault.ts'
import type { Target } from './target.ts'
import { alertsNow, deliveredSince, isMoved, sliValue, type ActiveAlert, type DeliveredAlert } from './watch.ts'

export const journalOf = ({ settings }: Target): string => join(telemetryFolder(settings.home), 'oncall.jsonl')

const called = ({ alert, service }: { alert: string; service?: string | undefined }): string =>
  `${alert}${service === undefined ? '' : ` of ${service}`}`

const nameOf = ({ labels }: ActiveAlert): string => JSON.stringify(labels)

const short = (value: number): string => String(Number(value.toPrecision(3)))

const nothing = (): undefined => undefined

/**
 * Tells what is new each time that it is called: the indicator, alerts on their way, and what was delivered. What fired before is
 * no news; what cannot be asked is left out until it can.
 */
export const openStory = async (fault: Fault, target: Target, say: Say) => {
  const { prometheus, loki } = target.backEnds
  const begun = Date.now()
  const alerts = async (): Promise<ActiveAlert[] | undefined> => {
    const [metrics, lines] = await Promise.all([
      alertsNow(prometheus).catch(nothing),
      // Alerts of lines are Loki's, where there is one.
      alertsNow(`${loki}/prometheus`).catch(nothing),
    ])
    return metrics === undefined && lines === undefined ? undefined : [...(metrics ?? []), ...(lines ?? [])]
  }
  const before = new Map((await alerts())?.map((each) => [nameOf(each), each.state]))
  const told = new Set<string>()
  let wasMoved = false
  const once = (key: string, part: string, message: string): void => {
    if (told.has(key)) return
    told.add(key)
    say(part, message)
  }

  const tellIndicator = async (): Promise<void> => {
    const value = await sliValue(prometheus, fault.sli.query).catch(nothing)
    const is = isMoved(fault.sli, value)
    if (is === wasMoved || (!is && value === undefined)) return
    wasMoved = is
    say('indicator', `${value === undefined ? 'gone' : short(value)}: ${is ? 'it has moved' : 'it is back'}`)
  }

  const tellAlerts = async (): Promise<void> => {
    for (const active of (await alerts()) ?? []) {
      if (active.alert === 'Watchdog' || before.get(nameOf(active)) === 'firing') continue
      once(`${active.state} ${nameOf(active)} ${active.activeAt}`, active.state, called(active))
    }
  }

  const tellDeliveries = (): DeliveredAlert[] => {
    const news = deliveredSince(journalOf(target), begun)
    for (const each of news) {
      const key = `${each.status} ${called(each)} ${each.startsAt}`
      const seconds = Math.round((each.receivedAt - begun) / 1000)
      once(key, 'delivered', `${each.status}: ${called(each)} after ${seconds} s: ${each.summary ?? ''}`)
    }
    return news
  }

  return {
    /** Looks once. @returns what was delivered since the beginning */
    look: async (): Promise<DeliveredAlert[]> => {
      await Promise.all([tellIndicator(), tellAlerts()])
      return tellDeliveries()
    },
  }
}
