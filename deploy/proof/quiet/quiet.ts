import { setTimeout as delay } from 'node:timers/promises'
import type { Finding, Live, Part, Proof } from '../part.ts'
import { bugsinkTexts } from '../stores/errors.ts'
import { absencesIn } from '../stores/present.ts'
import { prometheusSums, type Sum } from '../sums.ts'
import { alertsSeen, deliveries } from '../watching.ts'
import { lineTable, linesAboveInfo, unexplained } from './lines.ts'

const WATCHDOG = 'Watchdog'
const LOOK_MS = 5000
const SAY_EVERY_MS = 60_000
/** What was broken before has to be forgotten by the longest window of a rule. */
const CALM_MS = { fast: 5 * 60_000, real: 30 * 60_000 }
/** Without people nothing would be shown by silence. */
const LEAST_PER_SECOND = 5
/** By then the last scrape and the last line are stored. */
const SETTLED_MS = 15_000

const untilCalm = async (live: Live): Promise<string[]> => {
  const deadline = Date.now() + CALM_MS[live.rules]
  for (;;) {
    const there = (await alertsSeen(live)).filter(({ alert }) => alert !== WATCHDOG)
    const names = there.map(({ alert, service, state }) => `${alert} of ${service} (${state})`)
    if (names.length === 0) return []
    if (Date.now() > deadline) return names
    await delay(LOOK_MS, undefined, { signal: live.signal })
  }
}

/** Looks on until the time is over; gives the names of what fired, and of what was pending and never fired. */
const watch = async (live: Live, minutes: number): Promise<{ fired: Set<string>; pending: Set<string> }> => {
  const begun = Date.now()
  const [fired, pending] = [new Set<string>(), new Set<string>()]
  let nextLine = begun + SAY_EVERY_MS
  while (Date.now() < begun + minutes * 60_000) {
    for (const { alert, service, state } of await alertsSeen(live)) {
      if (alert !== WATCHDOG) (state === 'firing' ? fired : pending).add(`${alert} of ${service}`)
    }
    if (Date.now() >= nextLine) {
      nextLine += SAY_EVERY_MS
      const passed = Math.round((Date.now() - begun) / 60_000)
      live.say('quiet', `${passed} of ${minutes} min: ${fired.size === 0 ? 'nothing fires' : [...fired].join(', ')}`)
    }
    await delay(LOOK_MS, undefined, { signal: live.signal })
  }
  return { fired, pending: new Set([...pending].filter((name) => !fired.has(name))) }
}

const sumOf = (sums: readonly Sum[]): number => sums.reduce((sum, { value }) => sum + value, 0)

/** Per service, what a counter has now and had not before; a counter that began anew counts from 0. */
const increases = async (url: string, query: string, fromMs: number, toMs: number): Promise<Sum[]> => {
  const before = await prometheusSums(url, query, fromMs)
  const after = await prometheusSums(url, query, toMs)
  const had = new Map(before.map(({ labels, value }) => [JSON.stringify(labels), value]))
  return after.map(({ labels, value }) => {
    const old = had.get(JSON.stringify(labels)) ?? 0
    return { labels, value: value >= old ? value - old : value }
  })
}

const finding = (what: string, wrong: readonly string[], seen = ''): Finding =>
  wrong.length === 0
    ? { what, verdict: 'proven', ...(seen !== '' && { detail: seen }) }
    : { what, verdict: 'failed', detail: wrong.slice(0, 20).join(' · ') }

const named = (sums: readonly Sum[], label: string): string[] =>
  sums.filter(({ value }) => value > 0).map(({ labels, value }) => `${value} of ${labels[label] ?? '?'}`)

/** What is known of error events: the services' own counters, what was kept, what whoever is on call was told. */
const errorFindings = async (live: Live, fromMs: number, toMs: number): Promise<Finding[]> => {
  const { prometheus } = live.backEnds
  const captured = await increases(
    prometheus,
    'sum by (service) (error_events_total{outcome="captured"})',
    fromMs,
    toMs,
  )
  const { bugsink } = await absencesIn(live)
  const kept = bugsink === undefined ? bugsinkTexts(live.settings.home, fromMs).length : 0
  const what = 'the error tracker got nothing'
  return [
    finding('no service captured an error event', named(captured, 'service')),
    bugsink === undefined
      ? finding(what, kept === 0 ? [] : [`${kept} events`])
      : { what, verdict: 'not proven', detail: bugsink },
  ]
}

const lineFindings = async (
  live: Live,
  fromMs: number,
  toMs: number,
): Promise<{ finding: Finding; table: string[][] }> => {
  const what = 'no log line above info without a reason'
  const { loki } = await absencesIn(live)
  if (loki !== undefined) return { finding: { what, verdict: 'not proven', detail: loki }, table: [] }
  const lines = await linesAboveInfo(live.backEnds.loki, fromMs, toMs)
  const bad = unexplained(lines).map(({ service, level, action, count }) => `${count} × ${service} ${level} ${action}`)
  const explained = lines.length - bad.length
  return { finding: finding(what, bad, explained === 0 ? '' : `${explained} kinds explained`), table: lineTable(lines) }
}

const trafficFigures = async (prometheus: string, fromMs: number, toMs: number) => {
  const count = 'http_server_request_duration_seconds_count{service="gateway"'
  const grown = async (selector: string): Promise<number> =>
    sumOf(await increases(prometheus, `sum(${selector})`, fromMs, toMs))
  return {
    requests: await grown(`${count}}`),
    failed: await grown(`${count},status_code=~"5.."}`),
    limited: await grown(`${count},status_code="429"}`),
  }
}

const prove = async (live: Live, minutes: number): Promise<Proof> => {
  const unrest = await untilCalm(live)
  if (unrest.length > 0) {
    const detail = `before it began: ${unrest.join(', ')}`
    return { findings: [{ what: 'the system comes to rest', verdict: 'failed', detail }], figures: {} }
  }
  live.say('quiet', `${minutes} min of traffic without a fault`)
  const fromMs = Date.now()
  const { fired, pending } = await watch(live, minutes)
  const toMs = Date.now()
  const told = deliveries(live, fromMs)
  const names = [...new Set(told.map(({ alert, service, status }) => `${alert} of ${service} (${status})`))]
  await delay(SETTLED_MS, undefined, { signal: live.signal })

  const { requests, failed, limited } = await trafficFigures(live.backEnds.prometheus, fromMs, toMs)
  const perSecond = Math.round((requests / ((toMs - fromMs) / 1000)) * 10) / 10
  const isBusy = perSecond >= LEAST_PER_SECOND
  const { finding: lines, table } = await lineFindings(live, fromMs, toMs)
  return {
    findings: [
      {
        what: 'people used the platform all the while',
        verdict: isBusy ? 'proven' : 'not proven',
        detail: `${perSecond} requests per second`,
      },
      finding('nothing fired but the watchdog', [...fired]),
      finding('nobody was called', names),
      finding('no request failed', failed === 0 ? [] : [`${failed} were answered with a 5xx`]),
      ...(await errorFindings(live, fromMs, toMs)),
      lines,
    ],
    figures: {
      minutes,
      requests: Math.round(requests),
      'requests per second': perSecond,
      limited: Math.round(limited),
      'pending, never fired': pending.size === 0 ? 0 : [...pending].join(', '),
    },
    ...(table.length > 1 && { table }),
  }
}

/** Nothing is wrong, and nobody hears anything, for so many minutes. */
export const createQuietPart = ({ minutes }: { minutes: number }): Part => ({
  name: 'quiet',
  claim:
    'While nothing is wrong nobody is called, nothing is captured as an error, and no line warns without a reason.',
  prove: (live) => prove(live, minutes),
})
