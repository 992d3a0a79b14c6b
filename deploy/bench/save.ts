import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from '../local/settings.ts'
import { summarise, type Measured } from './report.ts'
import type { ScenarioName } from './scenarios.ts'
import { VARIANTS } from './variants.ts'

/** What one scenario gave. */
export type Result = { scenario: ScenarioName; measured: readonly Measured[] }

/** Results as the report file has them: every slice, with a summary over the rounds. */
export const inFile = (results: readonly Result[]) =>
  results.map(({ scenario, measured }) => ({
    scenario,
    variants: measured.map(({ name, variant, slices }) => ({
      name,
      variant,
      env: VARIANTS[variant].env,
      summary: summarise(slices),
      rounds: slices,
    })),
  }))

/** Writes a file of this run below `.pharos/bench` and gives its path. */
export const save = async (ending: string, text: string): Promise<string> => {
  const folder = join(ROOT, '.pharos/bench')
  const file = join(folder, `${new Date().toISOString().replaceAll(/[:.]/g, '-')}${ending}`)
  await mkdir(folder, { recursive: true })
  await writeFile(file, text)
  return file
}
