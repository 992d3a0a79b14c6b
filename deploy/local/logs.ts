import { existsSync, readdirSync } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Failure, sentenceOf } from './failure.ts'
import { tailOf } from './managed-process.ts'
import { readSettings } from './settings.ts'

const POLL_MS = 200

const chooseLogs = (folder: string, names: readonly string[]): string[] => {
  const all = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.log')) : []
  const known = all.map((file) => basename(file, '.log'))
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined || known.length === 0) {
    const what = unknown === undefined ? 'There are no logs yet' : `There is no log of "${unknown}"`
    throw new Failure(known.length === 0 ? `${what}: "npm start" makes them.` : `${what}, only of ${known.join(', ')}.`)
  }
  return known.filter((name) => names.length === 0 || names.includes(name))
}

const print = (name: string, text: string, width: number): void => {
  for (const line of text.split('\n')) if (line !== '') process.stdout.write(`${name.padEnd(width)} | ${line}\n`)
}

const sizeOf = (file: string): Promise<number> =>
  stat(file).then(
    (stats) => stats.size,
    () => 0,
  )

// Polling, because it also sees a file that was renamed away and begun anew.
const follow = async (name: string, file: string, width: number): Promise<never> => {
  let position = await sizeOf(file)
  let partial = ''
  for (;;) {
    await delay(POLL_MS)
    const size = await sizeOf(file)
    if (size < position) position = 0
    if (size === position) continue
    await using handle = await open(file)
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(size - position), position })
    position += bytesRead
    const lines = (partial + buffer.toString('utf8', 0, bytesRead)).split('\n')
    partial = lines.pop() ?? ''
    print(name, lines.join('\n'), width)
  }
}

const readArguments = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        follow: { type: 'boolean', short: 'f', default: false },
        lines: { type: 'string', short: 'n', default: '20' },
      },
    })
  } catch (error) {
    throw new Failure('Usage: npm run logs -- [name …] [-f] [-n lines]', { cause: error })
  }
}

const main = async (args: readonly string[]): Promise<void> => {
  const { values, positionals } = readArguments(args)
  const folder = join(readSettings(process.env).home, 'logs')
  const names = chooseLogs(folder, positionals)
  const width = Math.max(...names.map((name) => name.length))
  for (const name of names) print(name, tailOf(join(folder, `${name}.log`), Number(values.lines)), width)
  if (values.follow) await Promise.all(names.map((name) => follow(name, join(folder, `${name}.log`), width)))
}

process.stdout.on('error', () => process.exit(0))
try {
  await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`✖ ${sentenceOf(error)}\n`)
  process.exitCode = 1
}
