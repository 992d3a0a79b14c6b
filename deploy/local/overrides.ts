import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseEnv } from 'node:util'

/** Where it stands what a service is told at its next starts beside what it is always told. Asked for with FAULTS=on alone. */
export const overrideFile = (home: string, service: string): string => join(home, 'run/overrides', `${service}.env`)

/** The variables of an override file; none where there is no such file. */
export const readOverrides = (file: string | undefined): Record<string, string> =>
  file !== undefined && existsSync(file) ? (parseEnv(readFileSync(file, 'utf8')) as Record<string, string>) : {}

/** From the next start on; undefined takes everything back. Values are plain text of one line. */
export const writeOverrides = (file: string, env: Readonly<Record<string, string>> | undefined): void => {
  if (env === undefined) return rmSync(file, { force: true })
  mkdirSync(dirname(file), { recursive: true })
  const lines = Object.entries(env).map(([name, value]) => `${name}="${value}"\n`)
  writeFileSync(`${file}.new`, lines.join(''))
  renameSync(`${file}.new`, file)
}
