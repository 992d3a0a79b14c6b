import pg from 'pg'
import { serialize } from 'pg-protocol'

type Description = { fields: unknown; _parsers: unknown; _prebuiltEmptyResultObject: unknown }
type Connection = {
  readonly parsedStatements: Readonly<Record<string, string>>
  readonly submittedNamedStatements: Record<string, string>
  readonly stream: { readonly writable: boolean; write(bytes: Buffer): boolean }
  close(what: unknown): void
  sync(): void
}
type Config = { readonly name: string; readonly text: string; readonly values?: unknown[] }

/** What `pg`'s Query has and its types do not say. */
type QueryInternals = {
  readonly name: string
  readonly _result: Description & { readonly rows: unknown[] }
  _accumulateRows: unknown
  prepare(connection: Connection): void
  handleRowDescription(message: unknown): void
  handleCommandComplete(message: unknown, connection: Connection): void
}
const Query = pg.Query as unknown as new (config: Config, values: undefined, callback: unknown) => QueryInternals

/** By connection and statement. What a plan returns never changes: Postgres refuses to run one whose result would. */
const described = new WeakMap<Connection, Map<string, Description>>()

const EXECUTE_AND_SYNC = Buffer.concat([serialize.execute({}), serialize.sync()])

/** Takes what `pg` sends for a statement, keeps the values, and lets through only the way out when they are faulty. */
const recorderOf = (connection: Connection) => {
  let bound: Buffer | undefined
  let faulty = false
  const { parsedStatements, submittedNamedStatements } = connection
  return {
    bound: () => bound,
    connection: {
      parsedStatements,
      submittedNamedStatements,
      stream: connection.stream,
      bind: (config: object): void => {
        bound = serialize.bind(config)
      },
      describe: (): void => {},
      execute: (): void => {},
      close: (what: unknown): void => {
        faulty = true
        connection.close(what)
      },
      sync: (): void => {
        if (faulty) connection.sync()
      },
    },
  }
}

/**
 * A named statement that asks for the description of its columns once per connection instead of with every call, and
 * then sends values, call and end in one piece. `pg`'s own asks each time and sends four pieces.
 */
export class PreparedQuery extends Query {
  #connection: Connection | undefined

  constructor(config: Config, callback: (error: Error | null, result?: unknown) => void) {
    super(config, undefined, callback)
  }

  override prepare(connection: Connection): void {
    this.#connection = connection
    const description = described.get(connection)?.get(this.name)
    if (!description || connection.parsedStatements[this.name] === undefined) return super.prepare(connection)
    const recorder = recorderOf(connection)
    super.prepare(recorder.connection)
    const bound = recorder.bound()
    if (!bound || !connection.stream.writable) return
    Object.assign(this._result, description)
    this._accumulateRows = true
    connection.stream.write(Buffer.concat([bound, EXECUTE_AND_SYNC]))
  }

  override handleCommandComplete(message: unknown, connection: Connection): void {
    super.handleCommandComplete(message, connection)
    if (!this.#connection) return
    let statements = described.get(this.#connection)
    if (!statements) described.set(this.#connection, (statements = new Map<string, Description>()))
    if (statements.has(this.name)) return
    const { fields, _parsers, _prebuiltEmptyResultObject } = this._result
    statements.set(this.name, { fields, _parsers, _prebuiltEmptyResultObject })
  }
}
