import { say } from '../local/progress.ts'
import { temporaryHome } from '../local/temporary-home.ts'
import { startBenchSystem, type BenchSystem, type BenchSystemOptions } from './bench-system.ts'
import type { Load, LoadResult } from './load-process.ts'
import { calmShare } from './rest.ts'
import type { Received } from './sink-process.ts'
import type { Instruments } from './slice.ts'
import { idleShares } from './surroundings.ts'
import { startWorker } from './worker.ts'

export const CONNECTIONS = 16

/** Everything that a run needs, alive: the load, the receiver, the stores and the sets of services. */
export type Session = AsyncDisposable & {
  system: BenchSystem
  instruments: Instruments
  /** Of everything together, with nothing asked of it. */
  idleCoreShare: number
}

/** Starts it, and looks at what it uses when it waits. */
export const startSession = async (
  o: Pick<BenchSystemOptions, 'sets' | 'services' | 'env' | 'social' | 'stop'>,
): Promise<Session> => {
  await using stack = new AsyncDisposableStack()
  const home = stack.use(await temporaryHome())
  const load = stack.use(await startWorker<Load, LoadResult>(new URL('load-process.ts', import.meta.url)))
  const sink = stack.use(await startWorker<'received', Received>(new URL('sink-process.ts', import.meta.url)))
  const { port: sinkPort } = await sink.ask('received')
  const system = stack.use(await startBenchSystem({ ...o, home: home.path, connections: CONNECTIONS, sinkPort, say }))
  const idle = await idleShares(system)
  const percent = (idle.all * 100).toFixed(1)
  say('idle', `${o.sets.length} sets of services and their stores use ${percent} % of a core`)
  const instruments = { load, sink, connections: CONNECTIONS, calmCoreShare: calmShare(idle.set) }
  const started = stack.move()
  return { system, instruments, idleCoreShare: idle.all, [Symbol.asyncDispose]: () => started.disposeAsync() }
}
