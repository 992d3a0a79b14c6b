import { columns, type Measured } from '../report.ts'
import type { Result } from '../save.ts'
import type { Memory } from '../surroundings.ts'
import { judgeBudgets, judgeRise } from './judge.ts'
import { budgetRows, layerRows, markdownTable, noiseOf, riseRows, type Rows } from './tables.ts'

/** What was seen of one scenario. `passed` is false for what is not proven, too. */
export type Seen = { terminal: string; markdown: string; passed: boolean }

const CAPTION =
  'CPU in µs per request, median (min–max) over the rounds; × is the median of the rounds with its 95 % interval'

const seen = (
  o: { scenario: string; remarks: string; measured: readonly Measured[] },
  tables: readonly Rows[],
  judged: readonly { passed: boolean }[],
): Seen => {
  const noise = noiseOf(o.measured)
  const about = `${CAPTION}; ${o.remarks}.`
  const last = noise === undefined ? [] : [noise]
  return {
    terminal: [`\n${o.scenario}: ${about}`, ...tables.map(columns), ...last].join('\n\n'),
    markdown: [`**${o.scenario}** ${about}`, ...tables.map(markdownTable), ...last].join('\n\n'),
    passed: judged.every(({ passed }) => passed),
  }
}

/** The price of each layer, and for the cached read, where there is nothing else to do, the verdict on the budgets. */
export const seenLayers = ({ scenario, measured }: Result, memory: readonly Memory[]): Seen => {
  const remarks = 'RSS of gateway and users after the run, and how long users takes to start'
  const judged = scenario === 'profile' ? judgeBudgets(measured) : []
  const tables = [layerRows(measured, memory), ...(judged.length > 0 ? [budgetRows(judged)] : [])]
  return seen({ scenario, remarks, measured }, tables, judged)
}

/** What has become dearer since the commit `before`. */
export const seenRise = ({ scenario, measured }: Result, before: string): Seen => {
  const judged = judgeRise(measured)
  return seen({ scenario, remarks: `before is ${before}`, measured }, [riseRows(judged)], judged)
}

/** A section for a README. `conditions` say when, where and by which command. */
export const markdownOf = (conditions: readonly string[], all: readonly Seen[]): string =>
  [`${conditions.join(', ')}.`, ...all.map(({ markdown }) => markdown)].join('\n\n')
