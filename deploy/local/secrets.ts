import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { Failure } from './failure.ts'
import { SERVICES } from './services.ts'

const schema = z.object({
  postgres: z.string(),
  redis: z.string(),
  /** Passwords of the services' own database roles, by service. */
  databases: z.record(z.string(), z.string()),
  serviceToken: z.string(),
  keyEncryption: z.string(),
  /** Of the database role that only looks. */
  monitor: z.string(),
  grafana: z.string(),
  bugsink: z.string(),
})

/** The passwords and keys of one installation. */
export type Secrets = z.infer<typeof schema>

const generate = (): string => randomBytes(24).toString('hex')

export const generateSecrets = (): Secrets => ({
  postgres: generate(),
  redis: generate(),
  databases: Object.fromEntries(Object.keys(SERVICES).map((name) => [name, generate()])),
  serviceToken: generate(),
  keyEncryption: generate(),
  monitor: generate(),
  grafana: generate(),
  bugsink: generate(),
})

const partial = schema.partial()

const read = (file: string): z.infer<typeof partial> => {
  if (!existsSync(file)) return {}
  try {
    return partial.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    throw new Failure(`${file} is damaged: repair it, or start with --fresh, which also wipes the data.`, {
      cause: error,
    })
  }
}

/** Reads the secrets, and makes those that are missing; the file is readable by its owner only. */
export const loadSecrets = (file: string): Secrets => {
  const kept = read(file)
  const made = generateSecrets()
  const secrets: Secrets = {
    postgres: kept.postgres ?? made.postgres,
    redis: kept.redis ?? made.redis,
    databases: { ...made.databases, ...kept.databases },
    serviceToken: kept.serviceToken ?? made.serviceToken,
    keyEncryption: kept.keyEncryption ?? made.keyEncryption,
    monitor: kept.monitor ?? made.monitor,
    grafana: kept.grafana ?? made.grafana,
    bugsink: kept.bugsink ?? made.bugsink,
  }
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
  chmodSync(file, 0o600)
  return secrets
}
