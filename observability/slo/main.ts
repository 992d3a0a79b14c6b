import { readFile, writeFile } from 'node:fs/promises'
import { stringify } from 'yaml'
import type { Pace } from './pace.ts'
import { sloGroups } from './rules.ts'
import { parseSlo } from './slo.ts'

export const SOURCE = new URL('../prometheus/slo.yaml', import.meta.url)
export const TARGET = new URL('../prometheus/rules/slo.yml', import.meta.url)

const HEADER = '# Made by observability/slo/main.ts from slo.yaml: change that one.\n'

/** rules/slo.yml, or the same at another pace. */
export const generated = async (pace?: Pace): Promise<string> => {
  const groups = sloGroups(parseSlo(await readFile(SOURCE, 'utf8')), pace)
  return HEADER + stringify({ groups }, { aliasDuplicateObjects: false, lineWidth: 0, singleQuote: true })
}

if (import.meta.main) await writeFile(TARGET, await generated())
