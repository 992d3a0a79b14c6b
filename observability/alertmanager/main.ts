import { readFile, rm, writeFile } from 'node:fs/promises'
import { alertmanagerConfig } from './configure.ts'

// node observability/alertmanager/main.ts <file>: writes the configuration of a run, readable by its owner alone.

const [file] = process.argv.slice(2)
try {
  if (file === undefined) throw new Error('Say which file to write: node observability/alertmanager/main.ts <file>.')
  const base = await readFile(new URL('alertmanager.yml', import.meta.url), 'utf8')
  const config = alertmanagerConfig(base, process.env)
  // The mode counts only for a file that is made.
  await rm(file, { force: true })
  await writeFile(file, config, { mode: 0o600 })
} catch (error) {
  process.stderr.write(`✖ ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
