import { readFileSync } from 'node:fs'

export type Line = Record<string, string | number>

/** Lines as the services wrote them, one of each kind, so that every field occurs. */
export const sampleLines: readonly Line[] = readFileSync(new URL('sample-lines.ndjson', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Line)
