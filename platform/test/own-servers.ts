import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { startKafka } from '../../deploy/local/components/kafka.ts'
import { startPostgres } from '../../deploy/local/components/postgres.ts'
import { startRedis } from '../../deploy/local/components/redis.ts'
import type { Server } from '../../deploy/local/components/server.ts'
import { temporaryHome } from '../../deploy/local/temporary-home.ts'

/** A server that only this test has, so that it may be stopped, killed and brought back. */
export type OwnServer = Server & AsyncDisposable

const own = async (start: (files: { dataDir: string; logFile: string }) => Promise<Server>): Promise<OwnServer> => {
  const stack = new AsyncDisposableStack()
  const home = stack.use(await temporaryHome())
  const server = stack.use(await start({ dataDir: join(home.path, 'data'), logFile: join(home.path, 'log') }))
  return Object.assign(Object.create(server) as Server, { [Symbol.asyncDispose]: () => stack.disposeAsync() })
}

export const ownPostgres = (): Promise<OwnServer> =>
  own((files) => startPostgres({ ...files, password: randomUUID(), durable: true }))

export const ownRedis = (): Promise<OwnServer> => own((files) => startRedis({ ...files, password: randomUUID() }))

export const ownKafka = (): Promise<OwnServer> => own((files) => startKafka(files))
