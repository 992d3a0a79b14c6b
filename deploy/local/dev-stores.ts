import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Failure, sentenceOf } from './failure.ts'
import { tailOf } from './managed-process.ts'
import { identityOf, isAlive, signalProcess, type ProcessIdentity } from './process-identity.ts'
import { say } from './progress.ts'
import { startStores, storeEnvironment, type StoreUrls } from './stores.ts'
import { temporaryHome } from './temporary-home.ts'

// A set of stores with throw-away data that stays up between test runs:
//   eval "$(node deploy/local/dev-stores.ts)"    start it, or find the one that runs; then: npm test -- <pattern>
//   node deploy/local/dev-stores.ts stop

type Kept = { holder: ProcessIdentity; urls: StoreUrls }

const FOLDER = fileURLToPath(new URL('../../.pharos/dev-stores/', import.meta.url))
const STATE = join(FOLDER, 'state.json')
const LOG = join(FOLDER, 'log')

const running = async (): Promise<Kept | undefined> => {
  try {
    const kept = JSON.parse(await readFile(STATE, 'utf8')) as Kept
    return isAlive(kept.holder) ? kept : undefined
  } catch {
    return undefined
  }
}

const hold = async (): Promise<void> => {
  const ended = new Promise((resolve) => process.once('SIGTERM', resolve))
  await using home = await temporaryHome()
  await using stores = await startStores({ home: home.path, say })
  const kept: Kept = { holder: identityOf(process.pid), urls: stores.urls }
  await writeFile(`${STATE}.new`, JSON.stringify(kept), { mode: 0o600 })
  await rename(`${STATE}.new`, STATE)
  const keepAlive = setInterval(() => {}, 60_000)
  await ended
  clearInterval(keepAlive)
  await rm(STATE, { force: true })
}

const start = async (): Promise<void> => {
  mkdirSync(FOLDER, { recursive: true })
  if ((await running()) === undefined) {
    const log = openSync(LOG, 'w')
    const holder = spawn(process.execPath, [fileURLToPath(import.meta.url), 'hold'], {
      detached: true,
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    holder.unref()
    while ((await running()) === undefined) {
      if (holder.exitCode !== null) throw new Failure(`The stores did not start:\n${tailOf(LOG, 5)}`)
      await delay(50)
    }
  }
  const urls = (await running())?.urls
  if (urls === undefined) return
  for (const [name, value] of Object.entries(storeEnvironment(urls)))
    process.stdout.write(`export ${name}='${value}'\n`)
}

const stop = async (): Promise<void> => {
  const kept = await running()
  if (kept === undefined) return
  signalProcess(kept.holder, 'SIGTERM')
  while (isAlive(kept.holder)) await delay(50)
}

const verbs: Record<string, () => Promise<void>> = { start, stop, hold }
try {
  const verb = verbs[process.argv[2] ?? 'start']
  if (verb === undefined) throw new Failure('Usage: node deploy/local/dev-stores.ts [start|stop]')
  await verb()
} catch (error) {
  process.stderr.write(`✖ ${sentenceOf(error)}\n`)
  process.exitCode = 1
}
