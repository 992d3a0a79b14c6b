import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { descendantsOf, isAlive, signalProcess, type ProcessIdentity } from './process-identity.ts'

export type Leftover = ProcessIdentity & { name: string; signal?: NodeJS.Signals }

const GRACE_MS = 8000

const readLeftovers = (folder: string): { file: string; process: Leftover | undefined }[] =>
  (existsSync(folder) ? readdirSync(folder) : [])
    .filter((name) => name.endsWith('.pid'))
    .map((name) => {
      const file = join(folder, name)
      try {
        return { file, process: JSON.parse(readFileSync(file, 'utf8')) as Leftover }
      } catch {
        return { file, process: undefined }
      }
    })

const end = async (leftover: Leftover): Promise<void> => {
  const tree = [leftover, ...descendantsOf(leftover.pid)]
  signalProcess(leftover, leftover.signal ?? 'SIGTERM')
  const deadline = performance.now() + GRACE_MS
  while (tree.some(isAlive) && performance.now() < deadline) await delay(20)
  for (const process of tree) signalProcess(process, 'SIGKILL')
  while (tree.some(isAlive)) await delay(20)
}

/**
 * Ends every process that a pid file in `folder` names and that is still that very process, and removes the files.
 * Returns the names of those that were running.
 */
export const sweep = async (folder: string): Promise<string[]> => {
  const found = readLeftovers(folder)
  const alive = found.flatMap(({ process }) => (process !== undefined && isAlive(process) ? [process] : []))
  await Promise.all(alive.map(end))
  for (const { file } of found) rmSync(file, { force: true })
  return alive.map((process) => process.name)
}
