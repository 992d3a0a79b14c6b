import type { Client } from 'pg'
import { activeFrame, startSpan } from '../telemetry/context.ts'
import { histogram } from '../telemetry/metrics.ts'
import { SpanShape } from '../telemetry/span-shape.ts'
import type { SpanAttributes } from '../telemetry/span-shape.ts'
import { PreparedQuery } from './prepared-query.ts'

type Callback = (error: Error | null, result?: unknown) => void
type NamedQuery = {
  readonly name?: string
  readonly text: string
  readonly values?: unknown[]
  readonly submit?: unknown
}
type Query = (config: string | NamedQuery, values?: unknown, callback?: unknown) => unknown
type Facts = { readonly labels: { statement: string }; readonly shape: SpanShape }

const duration = histogram({
  name: 'db_client_operation_duration_seconds',
  help: 'Duration of SQL statements, by named statement or by operation and table',
  labels: ['statement'],
})

const MAX_NAMES = 300
const OTHER = 'other'
const OPERATION = /^\s*(?:WITH\b|\/\*.*?\*\/|\s)*\s*([A-Za-z]+)/
const TABLE = /\b(?:FROM|INTO|UPDATE|JOIN)\s+(?:ONLY\s+)?"?([a-z_][a-z0-9_]*)"?/i
const HAS_TABLE = new Set(['SELECT', 'INSERT', 'UPDATE', 'DELETE'])
const CONTROL = new Set([
  'BEGIN',
  'START',
  'COMMIT',
  'ROLLBACK',
  'SAVEPOINT',
  'RELEASE',
  'SET',
  'LISTEN',
  'NOTIFY',
  'CREATE',
  'ALTER',
  'DROP',
])

/** `SELECT users` of a text without a name. Its values may be part of the text, so nothing else is taken from it. */
export const summarise = (text: string): string => {
  const operation = OPERATION.exec(text)?.[1]?.toUpperCase() ?? ''
  if (CONTROL.has(operation)) return operation
  if (!HAS_TABLE.has(operation)) return OTHER
  const table = TABLE.exec(text)?.[1]
  return table === undefined ? operation : `${operation} ${table}`
}

/** What is said of a statement, made once per name; names beyond the limit share one, so that labels stay bounded. */
const createCatalogue = (database: string) => {
  const facts = new Map<string, Facts>()
  const describe = (name: string, text: string | undefined): Facts => {
    const [operation = '', table] = text === undefined ? name.split(' ') : [summarise(text).split(' ')[0]]
    const attributes: SpanAttributes = {
      'db.system.name': 'postgresql',
      'db.namespace': database,
      'db.query.summary': name,
    }
    if (operation !== OTHER) attributes['db.operation.name'] = operation
    if (table !== undefined) attributes['db.collection.name'] = table
    if (text !== undefined) attributes['db.query.text'] = text
    return { labels: { statement: name }, shape: new SpanShape(name, 'client', attributes) }
  }
  return (config: string | NamedQuery): Facts => {
    const named = isPrepared(config)
    const name = named ? config.name : summarise(typeof config === 'string' ? config : config.text)
    const found = facts.get(name)
    if (found) return found
    if (facts.size >= MAX_NAMES) return facts.get(OTHER) ?? describe(OTHER, undefined)
    const made = describe(name, named ? config.text : undefined)
    facts.set(name, made)
    return made
  }
}

const isPrepared = (config: string | NamedQuery): config is NamedQuery & { readonly name: string } =>
  typeof config !== 'string' && config.name !== undefined

/** Since when a client has waited for the answer to a statement (`performance.now()`); 0 while it is idle. */
export type Waiting = { since: number }

/**
 * Makes a function that wraps `query` of a connection: the one place where statements are timed and get their span,
 * whoever sends them. Answers arrive in the async context of the socket, so the caller's is noted at the start.
 */
export const createInstrument = (database: string) => {
  const factsOf = createCatalogue(database)
  return (client: Client): Waiting => {
    const waiting: Waiting = { since: 0 }
    const send = client.query.bind(client) as Query
    const timed: Query = (config, values, callback) => {
      if (typeof config !== 'string' && config.submit !== undefined) return send(config, values, callback)
      const facts = factsOf(config)
      const frame = activeFrame()
      const span = startSpan(facts.shape)
      const startedAt = performance.now()
      waiting.since = startedAt
      const finish = (answer: Callback) => (error: Error | null, result?: unknown) => {
        waiting.since = 0
        duration.observe(facts.labels, (performance.now() - startedAt) / 1_000, frame)
        span.end(error ?? undefined)
        answer(error, result)
      }
      if (typeof values === 'function') return send(config, finish(values as Callback))
      if (typeof callback === 'function') return send(config, values, finish(callback as Callback))
      return new Promise((resolve, reject) => {
        const settle = finish((error, result) => (error ? reject(error) : resolve(result)))
        if (isPrepared(config) && values === undefined) send(new PreparedQuery(config, settle) as never)
        else send(config, values, settle)
      })
    }
    client.query = timed as Client['query']
    return waiting
  }
}
