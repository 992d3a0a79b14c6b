import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { sentenceOf } from './failure.ts'
import { isAlive, signalProcess } from './process-identity.ts'
import { say } from './progress.ts'
import { readRunState, runningSupervisor } from './run-state.ts'
import { readSettings } from './settings.ts'
import { sweep } from './sweep.ts'

const DEADLINE_MS = 60_000

const main = async (): Promise<void> => {
  const { home } = readSettings(process.env)
  const supervisor = runningSupervisor(home)
  if (supervisor !== undefined) {
    signalProcess(supervisor, 'SIGTERM')
    const deadline = performance.now() + DEADLINE_MS
    const told = new Set<string>()
    const tell = (): void => {
      for (const { name, state } of readRunState(home)?.parts ?? []) {
        if (state !== 'stopped' || told.has(name)) continue
        told.add(name)
        say(name, 'stopped')
      }
    }
    while (isAlive(supervisor) && performance.now() < deadline) {
      tell()
      await delay(50)
    }
    tell()
    signalProcess(supervisor, 'SIGKILL')
  }
  const leftovers = await sweep(join(home, 'run'))
  for (const name of leftovers) say(name, 'was left behind, ended')
  say('stop', supervisor === undefined && leftovers.length === 0 ? 'nothing was running' : 'everything is stopped')
}

try {
  await main()
} catch (error) {
  process.stderr.write(`✖ ${sentenceOf(error)}\n`)
  process.exitCode = 1
}
