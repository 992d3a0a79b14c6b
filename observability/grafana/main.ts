import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { all } from './src/dashboards/all.ts'
import { fileOf, textOf } from './src/write.ts'

const FOLDER = join(import.meta.dirname, 'dashboards')

const committed = (): string[] =>
  existsSync(FOLDER)
    ? readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.json'))
    : []

const read = (path: string): string | undefined =>
  existsSync(join(FOLDER, path)) ? readFileSync(join(FOLDER, path), 'utf8') : undefined

const wanted = new Map(await Promise.all(all.map(async (one) => [fileOf(one), await textOf(one)] as const)))
const stale = [...wanted].filter(([path, text]) => read(path) !== text)
const left = committed().filter((path) => !wanted.has(path))

if (process.argv.includes('--check')) {
  for (const [path] of stale) process.stderr.write(`✖ dashboards/${path} is not what src/dashboards makes\n`)
  for (const path of left) process.stderr.write(`✖ dashboards/${path} is made by nothing\n`)
  process.exitCode = stale.length + left.length > 0 ? 1 : 0
} else {
  for (const [path, text] of stale) {
    mkdirSync(dirname(join(FOLDER, path)), { recursive: true })
    writeFileSync(join(FOLDER, path), text)
  }
  for (const path of left) rmSync(join(FOLDER, path))
  process.stdout.write(`${wanted.size} dashboards, ${stale.length} written, ${left.length} removed\n`)
}
