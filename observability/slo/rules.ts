import { burnAlert, countRule, OFTEN, ratioRule, remainingRule } from './burn.ts'
import { exactRules, recentRules } from './gateway.ts'
import { indicatorRules, objectiveRules } from './indicators.ts'
import type { Group } from './rule.ts'
import { secondsOf, windowsOf } from './slo.ts'
import type { ObjectiveName, Slo } from './slo.ts'

/** From here on a minute more or less does not matter, and each evaluation reads thousands of values. */
const isLong = (window: string): boolean => secondsOf(window) >= secondsOf('6h')

/** The groups of rules/slo.yml. */
export const sloGroups = (slo: Slo): Group[] => {
  const counted = new Set(slo.windows.map(({ long }) => long))
  const rulesOf = (window: string) => [ratioRule(window), ...(counted.has(window) ? [countRule(window)] : [])]
  const windows = windowsOf(slo)
  const short = windows.filter((window) => !isLong(window))
  const long = windows.filter(isLong)
  const names = Object.keys(slo.objectives) as ObjectiveName[]
  return [
    { name: 'gateway-by-service', rules: recentRules() },
    { name: 'slo-objectives', interval: '1m', rules: objectiveRules(slo) },
    {
      name: 'slo-windows-short',
      interval: `${OFTEN}s`,
      rules: [...exactRules(slo), ...indicatorRules(slo), ...short.flatMap(rulesOf)],
    },
    { name: 'slo-windows-long', interval: '1m', rules: [...long.flatMap(rulesOf), remainingRule(slo)] },
    ...slo.windows.map((pair) => ({
      name: `slo-burn-${pair.long}`,
      interval: isLong(pair.short) ? '1m' : `${OFTEN}s`,
      rules: names.map((name) => burnAlert(slo, name, pair)),
    })),
  ]
}
