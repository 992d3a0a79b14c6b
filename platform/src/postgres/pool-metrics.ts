import { gauge, histogram } from '../telemetry/metrics.ts'

/** What Sequelize's pool tells of itself. */
export type PoolState = { readonly using: number; readonly available: number; readonly waiting: number }

const pools = new Set<PoolState>()

gauge({
  name: 'db_client_connections',
  help: 'Connections of the Postgres pool; pending are callers waiting for one',
  labels: ['state'],
  collect: (set) => {
    const all = [...pools]
    set(
      { state: 'used' },
      all.reduce((sum, pool) => sum + pool.using, 0),
    )
    set(
      { state: 'idle' },
      all.reduce((sum, pool) => sum + pool.available, 0),
    )
    set(
      { state: 'pending' },
      all.reduce((sum, pool) => sum + pool.waiting, 0),
    )
  },
})

/** Time from asking for a connection to having one. */
export const connectionWait = histogram({
  name: 'db_client_connection_wait_seconds',
  help: 'Wait for a connection of the Postgres pool',
})

/** Counts a pool in the gauges until the function that it returns is called. */
export const observePool = (pool: PoolState): (() => void) => {
  pools.add(pool)
  return () => void pools.delete(pool)
}
