import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { hasCode } from './failure.ts'
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.ts'

/** The folder for what is fetched or built once: PHAROS_CACHE, /var/cache/pharos for root, else the XDG cache. */
export const cacheFolder = (env: NodeJS.ProcessEnv): string => {
  if (env['PHAROS_CACHE']) return env['PHAROS_CACHE']
  // Servers that refuse to run as root must be able to walk into it, and /root is closed to them.
  if (process.getuid?.() === 0) return '/var/cache/pharos'
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'pharos')
}

/** Lets a Node process keep its compiled code, which takes about 40 % off the processor time of its next start. */
export const compileCache = (): Record<string, string> => ({
  NODE_COMPILE_CACHE: join(cacheFolder(process.env), 'compiled'),
})

const readOwner = async (file: string): Promise<ProcessIdentity | undefined> => {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as ProcessIdentity
  } catch {
    return undefined
  }
}

/** Runs `work` while no other process holds the same lock file; the lock of a dead process counts as free. */
export const withLock = async <T>(file: string, work: () => Promise<T>): Promise<T> => {
  await mkdir(dirname(file), { recursive: true })
  for (;;) {
    try {
      await writeFile(file, JSON.stringify(identityOf(process.pid)), { flag: 'wx' })
      break
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error
      const owner = await readOwner(file)
      if (owner === undefined || isAlive(owner)) await delay(100)
      // An unreadable lock is one being written just now, unless it stays so.
      if (owner === undefined ? (await readOwner(file)) === undefined : !isAlive(owner)) await rm(file, { force: true })
    }
  }
  try {
    return await work()
  } finally {
    await rm(file, { force: true })
  }
}

/**
 * A folder made once and then only read. `make` fills a folder beside it that takes the name only when it is whole, so a
 * broken download or a killed build leaves nothing that looks finished. Returns the folder's path.
 */
export const cached = async (folder: string, make: (unfinished: string) => Promise<void>): Promise<string> => {
  if (existsSync(folder)) return folder
  return withLock(`${folder}.lock`, async () => {
    if (existsSync(folder)) return folder
    const unfinished = `${folder}.unfinished`
    await rm(unfinished, { recursive: true, force: true })
    await mkdir(unfinished, { recursive: true })
    try {
      await make(unfinished)
      await rename(unfinished, folder)
    } finally {
      await rm(unfinished, { recursive: true, force: true })
    }
    return folder
  })
}
