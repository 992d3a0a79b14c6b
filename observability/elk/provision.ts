import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { connect, isUnknownApi, Refused, splitUser, type Elasticsearch } from './client.ts'
import { applyRetention, readPolicy, retentionOf } from './retention.ts'

export type ProvisionOptions = {
  /** With or without `user:password@`. */
  elasticsearch: string
  /** The last part of the data stream's name. */
  environment: string
  kibana?: string | undefined
  /** Passwords of the users `pharos-logs-writer` and `pharos-logs-reader`; without one the role alone is made. */
  passwords?: { writer?: string | undefined; reader?: string | undefined }
  say: (sentence: string) => void
  waitMs?: number
}

const NAME = 'logs-pharos'
const TEMPLATE = new URL('index-template.json', import.meta.url)
const ROLES = new URL('roles.json', import.meta.url)
const KIBANA = new URL('kibana/', import.meta.url)

const templateSchema = z.looseObject({
  template: z.looseObject({ settings: z.looseObject({ index: z.looseObject({}) }) }),
})
const rolesSchema = z.record(z.string(), z.looseObject({}))
const storedSchema = z.object({
  index_templates: z.array(
    z.object({ index_template: z.object({ _meta: z.object({ recipe: z.string() }).partial().optional() }) }),
  ),
})

const untilItAnswers = async (what: string, waitMs: number, ask: () => Promise<unknown>): Promise<void> => {
  for (const deadline = performance.now() + waitMs; ;) {
    try {
      await ask()
      return
    } catch (error) {
      // A wrong password does not become right by waiting.
      if (error instanceof Refused && error.status < 500 && error.status !== 408) throw error
      if (performance.now() > deadline) throw new Error(`${what} did not answer in time`, { cause: error })
    }
    await delay(500)
  }
}

/** Runs a call that not every server has; false where it has not. */
const whereKnown = async (call: () => Promise<unknown>): Promise<boolean> => {
  try {
    await call()
    return true
  } catch (error) {
    if (isUnknownApi(error)) return false
    throw error
  }
}

const exists = async (elasticsearch: Elasticsearch, path: string): Promise<unknown> => {
  try {
    return await elasticsearch.send('GET', path)
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return undefined
    throw error
  }
}

/** Puts the template there; true when it differs from the one that was. */
const putTemplate = async (elasticsearch: Elasticsearch, withLifecycle: boolean): Promise<boolean> => {
  const text = await readFile(TEMPLATE, 'utf8')
  const { template, ...rest } = templateSchema.parse(JSON.parse(text))
  // OpenSearch refuses the setting it does not know.
  const index = { ...template.settings.index, ...(withLifecycle && { lifecycle: { name: NAME } }) }
  const recipe = createHash('sha256').update(text).update(String(withLifecycle)).digest('hex').slice(0, 12)
  const before = await exists(elasticsearch, `/_index_template/${NAME}`)
  const stored = before === undefined ? undefined : storedSchema.parse(before).index_templates[0]?.index_template
  await elasticsearch.send('PUT', `/_index_template/${NAME}`, {
    ...rest,
    _meta: { recipe },
    template: { ...template, settings: { ...template.settings, index } },
  })
  return stored?._meta?.recipe !== recipe
}

const putDataStream = async (elasticsearch: Elasticsearch, name: string, templateIsNew: boolean): Promise<string> => {
  const path = `/_data_stream/${name}`
  if ((await exists(elasticsearch, path)) === undefined) {
    await elasticsearch.send('PUT', path)
    return `${name} is made`
  }
  if (!templateIsNew) return `${name} is there`
  // A template counts for indices made after it.
  await elasticsearch.send('POST', `/${name}/_rollover`)
  return `${name} goes on in a new index, with the new mapping`
}

const putRoles = async (elasticsearch: Elasticsearch, passwords: ProvisionOptions['passwords']): Promise<void> => {
  const given = { 'pharos-logs-writer': passwords?.writer, 'pharos-logs-reader': passwords?.reader }
  const roles = rolesSchema.parse(JSON.parse(await readFile(ROLES, 'utf8')))
  for (const [name, role] of Object.entries(roles)) await elasticsearch.send('PUT', `/_security/role/${name}`, role)
  for (const [name, password] of Object.entries(given)) {
    if (password) await elasticsearch.send('PUT', `/_security/user/${name}`, { password, roles: [name] })
  }
}

const importIntoKibana = async (address: string, waitMs: number): Promise<number> => {
  const { url, headers } = splitUser(address)
  const ask = async (path: string, init: RequestInit): Promise<string> => {
    const response = await fetch(`${url}${path}`, { ...init, headers: { ...headers, 'kbn-xsrf': 'pharos' } })
    const text = await response.text()
    if (!response.ok) throw new Refused(`Kibana ${path}`, response.status, text.slice(0, 200))
    return text
  }
  await untilItAnswers('Kibana', waitMs, () => ask('/api/status', {}))
  const files = (await readdir(KIBANA)).filter((file) => file.endsWith('.ndjson'))
  for (const file of files) {
    const body = new FormData()
    body.set('file', new Blob([await readFile(new URL(file, KIBANA))]), file)
    const answer = JSON.parse(await ask('/api/saved_objects/_import?overwrite=true', { method: 'POST', body })) as {
      success?: boolean
    }
    // Kibana answers 200 with a list of what it could not import.
    if (answer.success !== true) throw new Error(`Kibana did not import ${file}: ${JSON.stringify(answer)}`)
  }
  return files.length
}

/** Brings a server to where it takes the log lines of one environment; harmless to repeat. */
export const provision = async (options: ProvisionOptions): Promise<void> => {
  const { environment, kibana, passwords, say, waitMs = 120_000 } = options
  const elasticsearch = connect(options.elasticsearch)
  await untilItAnswers('Elasticsearch', waitMs, () => elasticsearch.send('GET', '/_cluster/health'))

  const policy = await readPolicy()
  const hasLifecycle = await whereKnown(() => elasticsearch.send('PUT', `/_ilm/policy/${NAME}`, policy))
  const isNew = await putTemplate(elasticsearch, hasLifecycle)
  say(await putDataStream(elasticsearch, `${NAME}-${environment}`, isNew))

  if (hasLifecycle) say('retention is by ILM')
  else {
    const { rolledOver, deleted } = await applyRetention(elasticsearch, retentionOf(policy))
    const names = (list: readonly string[]): string => (list.length === 0 ? 'nothing' : list.join(', '))
    say(`no ILM here, so retention is done now: rolled over ${names(rolledOver)}, deleted ${names(deleted)}`)
  }

  const hasSecurity = await whereKnown(() => putRoles(elasticsearch, passwords))
  say(hasSecurity ? 'the roles of writer and reader are there' : 'no security here, so no roles')
  if (kibana) say(`Kibana has the saved objects of ${await importIntoKibana(kibana, waitMs)} files`)
}
