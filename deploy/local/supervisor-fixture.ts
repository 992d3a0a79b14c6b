import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { serverOf } from './components/server.ts'
import { ManagedProcess } from './managed-process.ts'
import type { Part } from './supervisor.ts'
import { Supervisor } from './supervisor.ts'

/** A part that sleeps, for tests of the supervisor. With `deaf`, it does not listen to SIGTERM. */
export const sleeper = (home: string, name: string, after: readonly string[] = [], deaf = false): Part => ({
  name,
  after,
  start: async () => {
    const mark = join(home, `${name}.up`)
    const script = `${deaf ? "trap '' TERM; " : ''}echo up; touch '${mark}'; while :; do sleep 0.1; done`
    const sleeping = new ManagedProcess({
      name,
      command: '/bin/sh',
      args: ['-c', script],
      logFile: join(home, 'logs', `${name}.log`),
      pidFile: join(home, 'run', `${name}.pid`),
      stopTimeoutMs: 300,
      ready: () => rm(mark),
    })
    await sleeping.start()
    return serverOf(sleeping, `http://127.0.0.1:1/${name}`, 1)
  },
})

// Run as a program, it is a supervisor with two parts that waits to be killed.
if (import.meta.main) {
  const home = process.argv[2] ?? '.'
  const supervisor = new Supervisor({ home, say: () => {} })
  await supervisor.up([sleeper(home, 'store'), sleeper(home, 'service', ['store'])])
  process.stdout.write('up\n')
  setInterval(() => {}, 60_000)
}
