import { burnAlert, countRule, ratioRule, remainingRule } from './burn.ts'
import { exactRules, recentRules } from './gateway.ts'
import { indicatorRules, objectiveRules } from './indicators.ts'
import { REAL, type Pace } from './pace.ts'
import type { Group } from './rule.ts'
import { secondsOf, windowsOf } from './slo.ts'
import type { ObjectiveName, Slo } from './slo.ts'

/** From here on a minute more or less does not matter, and each evaluation reads thousands of values. */
const isLong = (window: string): boolean => secondsOf(window) >= secondsOf('6h')

/** The groups of rules/slo.yml, or of the same at another pace. */
export const sloGroups = (slo: Slo, pace: Pace = REAL): Group[] => {
  const often = `${pace.often}s`
  const { seldom } = pace
  const counted = new Set(slo.windows.map(({ long }) => long))
  const rulesOf = (window: string) => [
    ratioRule(window, pace),
    ...(counted.has(window) ? [countRule(window, pace)] : []),
  ]
  const windows = windowsOf(slo)
  const short = windows.filter((window) => !isLong(window))
  const long = windows.filter(isLong)
  const names = Object.keys(slo.objectives) as ObjectiveName[]
  return [
    { name: 'gateway-by-service', rules: recentRules(pace) },
    { name: 'slo-objectives', interval: seldom, rules: objectiveRules(slo) },
    {
      name: 'slo-windows-short',
      interval: often,
      rules: [...exactRules(slo, pace), ...indicatorRules(slo, pace), ...short.flatMap(rulesOf)],
    },
    { name: 'slo-windows-long', interval: seldom, rules: [...long.flatMap(rulesOf), remainingRule(slo)] },
    ...slo.windows.filter(pace.tells).map((pair) => ({
      name: `slo-burn-${pair.long}`,
      interval: isLong(pair.short) ? seldom : often,
      rules: names.map((name) => burnAlert(slo, name, pair, pace)),
    })),
  ]
}
