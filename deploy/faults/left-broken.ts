import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { isAlive } from '../local/process-identity.ts'
import { hasCode, Failure } from '../local/failure.ts'
import { identity } from './injectors/processes.ts'

const SERVICES = z.enum(['gateway', 'users', 'auth', 'posts', 'notifications', 'relations'])
const FLAGS = z.enum([
  'http-delay',
  'http-error',
  'event-loop-block',
  'memory-leak',
  'consumer-stall',
  'consumer-error',
  'relay-stop',
])

const injection = z.discriminatedUnion('by', [
  z.object({ by: z.literal('flag'), services: z.array(SERVICES), flag: FLAGS, variant: z.string() }),
  z.object({ by: z.literal('kill'), part: z.string(), everySeconds: z.number().exactOptional() }),
  z.object({ by: z.literal('stop'), part: z.string() }),
  z.object({ by: z.literal('stutter'), part: z.string(), forMs: z.number(), thenMs: z.number() }),
  z.object({ by: z.literal('deploy'), service: SERVICES, version: z.string(), flag: FLAGS, variant: z.string() }),
  z.object({ by: z.literal('attack'), name: z.string() }),
])

const entry = z.object({
  fault: z.string(),
  injection,
  undo: z.unknown(),
  /** ISO time. */
  since: z.string(),
  /** The process that has broken it, and mends it while it lives. */
  owner: identity,
})

/** What is broken and not mended yet. */
export type Broken = z.infer<typeof entry>

const fileOf = (home: string): string => join(home, 'run/faults.json')

/** Everything that is broken now. @throws Failure when the file that says so cannot be read */
export const brokenNow = (home: string): Broken[] => {
  const file = fileOf(home)
  try {
    return z.array(entry).parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return []
    throw new Failure(`${file} is damaged: "npm run stop", remove it and start again, which mends everything.`, {
      cause: error,
    })
  }
}

const write = (home: string, entries: readonly Broken[]): void => {
  const file = fileOf(home)
  mkdirSync(join(home, 'run'), { recursive: true })
  // One that is half written would say that nothing is broken.
  writeFileSync(`${file}.new`, `${JSON.stringify(entries, null, 2)}\n`)
  renameSync(`${file}.new`, file)
}

/** Written before anything is broken. */
export const noteBroken = (home: string, broken: Broken): void => write(home, [...brokenNow(home), broken])

export const noteMended = (home: string, { fault, since }: Broken): void =>
  write(
    home,
    brokenNow(home).filter((each) => each.fault !== fault || each.since !== since),
  )

/** Whether the process that has broken it is still there to mend it. */
export const isHeld = ({ owner }: Broken): boolean => isAlive(owner)
