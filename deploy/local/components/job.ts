import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Failure } from '../failure.ts'
import { compileCache } from '../cache.ts'
import { baseEnvironment, guarded, tailOf } from '../managed-process.ts'

const TIMEOUT_MS = 120_000

export type JobOptions = {
  root: string
  /** As it appears in a fault, for example "The migrations of users". */
  what: string
  /** Below the root. */
  script: string
  env: Readonly<Record<string, string>>
  logFile: string
}

const runJob = async ({ root, what, script, env, logFile }: JobOptions): Promise<void> => {
  const file = join(root, script)
  if (!existsSync(file)) throw new Failure(`There is no ${file}: this checkout is incomplete.`)
  await mkdir(dirname(logFile), { recursive: true })
  const log = openSync(logFile, 'a')
  const child = spawn(...guarded(process.execPath, ['--disable-warning=ExperimentalWarning', file]), {
    cwd: root,
    env: { ...baseEnvironment(), ...compileCache(), ...env },
    stdio: ['ignore', log, log],
    timeout: TIMEOUT_MS,
  })
  closeSync(log)
  const code = await new Promise((resolve) => child.once('exit', resolve))
  if (code !== 0) throw new Failure(`${what} failed (log: ${logFile}):\n${tailOf(logFile, 8)}`)
}

type Place = { root: string; logFile: string }

/** Brings one service's database to the newest schema, with the service's own role. */
export const runMigrations = (o: Place & { service: string; url: string }): Promise<void> =>
  runJob({
    root: o.root,
    what: `The migrations of ${o.service}`,
    script: `services/${o.service}/src/migrate.ts`,
    env: { POSTGRES_URL: o.url, TELEMETRY: 'off' },
    logFile: o.logFile,
  })

/** Makes the Kafka topics that are missing. */
export const createTopics = (o: Place & { brokers: string; topicPrefix?: string | undefined }): Promise<void> =>
  runJob({
    root: o.root,
    what: 'Making the Kafka topics',
    script: 'platform/src/kafka/create-topics.ts',
    env: { KAFKA_BROKERS: o.brokers, TOPIC_PREFIX: o.topicPrefix ?? '', TELEMETRY: 'off' },
    logFile: o.logFile,
  })
