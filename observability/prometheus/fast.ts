import { glob, mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse, stringify } from 'yaml'
import { generated } from '../slo/main.ts'
import { FAST } from '../slo/pace.ts'
import { secondsOf } from '../slo/slo.ts'
import { COUNTS, RATES, SPANS, UNHURRIED, type Guard } from './fast-guards.ts'

const SHARE = 6
/** Four scrapes: a rate over fewer is none as soon as one of them fails. */
const LEAST_WINDOW_SECONDS = 20
const EVALUATION_SECONDS = 5
/** One event in a window of four scrapes is extrapolated to a third more, so this says two. */
const LEAST_COUNT = 1.5

type Rule = { alert?: string; record?: string; expr: string; for?: string; keep_firing_for?: string }
type RuleFile = { groups: { name: string; rules: Rule[] }[] }

const shortSeconds = (window: string): number => Math.max(LEAST_WINDOW_SECONDS, secondsOf(window) / SHARE)

const shortWindow = (window: string): string => `${shortSeconds(window)}s`

const changed = (expr: string, { text }: Guard, to: (number: number) => number): string =>
  expr.replace(text, () => text.replace(/[\d.]+$/, (number) => String(Number(to(Number(number)).toPrecision(3)))))

const guarded = (name: string, expr: string): string => {
  const its = (guards: readonly Guard[]): Guard[] => guards.filter(({ rule }) => rule === name)
  let result = expr
  for (const guard of its(COUNTS)) {
    const share = shortSeconds(guard.window) / secondsOf(guard.window)
    result = changed(result, guard, (count) => Math.max(LEAST_COUNT, count * share))
  }
  for (const guard of its(RATES)) {
    result = changed(result, guard, (rate) => Math.max(rate, LEAST_COUNT / shortSeconds(guard.window)))
  }
  for (const guard of its(SPANS)) result = changed(result, guard, (seconds) => seconds / SHARE)
  return result
}

const looksShorter = (expr: string): string =>
  expr.replaceAll(
    /(\[|\boffset )(\d+[smhd])\b/g,
    (_, before: string, window: string) => `${before}${shortWindow(window)}`,
  )

/** The windows of rates and means, as ranges and in the names of what is recorded: one event is seen for as long as that. */
const rateWindows = (expr: string): string[] =>
  [...expr.matchAll(/\b(?:rate|increase|avg_over_time)(?:\([^[\]]*\[|)(\d+[smhd])\b|:p\d+_(\d+[smhd])\b/g)].map(
    ([, range, name]) => range ?? name ?? '',
  )

/**
 * How long a condition must hold. Where that is at least a window, so that a single event is none, it stays so: windows
 * have a least length, and a sixth of the time would be less than that.
 */
const holds = (duration: string, expr: string): string => {
  const shortest = rateWindows(expr).toSorted((a, b) => secondsOf(a) - secondsOf(b))[0]
  const outlasts = shortest !== undefined && secondsOf(duration) >= secondsOf(shortest)
  const least = outlasts ? shortSeconds(shortest) : EVALUATION_SECONDS
  return `${Math.max(least, Math.ceil(secondsOf(duration) / SHARE))}s`
}

const fastRule = (rule: Rule): Rule => {
  const name = rule.alert ?? rule.record ?? ''
  const expr = guarded(name, rule.expr)
  const { for: duration, keep_firing_for: kept } = rule
  return {
    ...rule,
    expr: UNHURRIED.has(name) ? expr : looksShorter(expr),
    ...(duration !== undefined && { for: holds(duration, rule.expr) }),
    ...(kept !== undefined && { keep_firing_for: holds(kept, '') }),
  }
}

/** A file of rules with its windows shortened: names, labels and sentences are those of before. */
export const fastRules = (text: string): string => {
  const file = parse(text) as RuleFile
  const groups = file.groups.map((group) => ({ ...group, rules: group.rules.map(fastRule) }))
  return stringify({ ...file, groups }, { lineWidth: 0 })
}

type Route = {
  matchers?: string[]
  group_wait?: string
  group_interval?: string
  routes?: Route[]
}

const fastRoute = (route: Route): Route => {
  const isWatchdog = route.matchers?.some((matcher) => matcher.includes('Watchdog')) ?? false
  return {
    ...route,
    ...(route.group_wait !== undefined && { group_wait: `${Math.min(1, secondsOf(route.group_wait))}s` }),
    ...(!isWatchdog && route.group_interval !== undefined && { group_interval: `${EVALUATION_SECONDS}s` }),
    ...(route.routes && { routes: route.routes.map(fastRoute) }),
  }
}

/** Alertmanager's configuration with the same routes and inhibitions, told at once. */
export const fastAlertmanager = (text: string): string => {
  const configuration = parse(text) as { route: Route }
  return stringify({ ...configuration, route: fastRoute(configuration.route) })
}

const OBSERVABILITY = fileURLToPath(new URL('../', import.meta.url))

const write = async (file: string, text: string): Promise<void> => {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
}

/** Writes the rules of Prometheus, shortened, into a folder. Those of the service levels are made anew from slo.yaml. */
export const writeFastPrometheusRules = async (folder: string): Promise<void> => {
  for await (const file of glob('prometheus/rules/*.yml', { cwd: OBSERVABILITY })) {
    const name = basename(file)
    const made = name === 'slo.yml' ? generated(FAST) : readFile(join(OBSERVABILITY, file), 'utf8').then(fastRules)
    await write(join(folder, name), await made)
  }
}

/** The same of Loki's ruler, in a folder per tenant. */
export const writeFastLokiRules = async (folder: string): Promise<void> => {
  for await (const file of glob('loki/rules/*/*.yml', { cwd: OBSERVABILITY })) {
    const text = fastRules(await readFile(join(OBSERVABILITY, file), 'utf8'))
    await write(join(folder, basename(dirname(file)), basename(file)), text)
  }
}
