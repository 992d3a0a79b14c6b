import { sentenceOf } from './failure.ts'
import { isAlive, memoryOf } from './process-identity.ts'
import { table } from './progress.ts'
import { readRunState, runningSupervisor, type PartState } from './run-state.ts'
import { readSettings } from './settings.ts'

const megabytes = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MB`

const age = (since: string): string => {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(since)) / 1000))
  if (seconds < 120) return `${seconds} s`
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}

const rowOf = (part: PartState): string[] => {
  const pid = part.process !== undefined && isAlive(part.process) ? part.process.pid : undefined
  const memory = pid === undefined ? undefined : memoryOf(pid)
  const where = part.url ?? (part.port === undefined ? '' : `127.0.0.1:${part.port}`)
  return [
    part.name,
    part.state,
    age(part.since),
    pid === undefined ? '' : String(pid),
    memory === undefined ? '' : megabytes(memory),
    part.restarts === 0 ? '' : String(part.restarts),
    [where, part.detail?.split('\n')[0] ?? ''].filter((text) => text !== '').join('  '),
  ]
}

const totalMemory = (parts: readonly PartState[]): number =>
  parts.reduce(
    (sum, { process }) => sum + (process !== undefined && isAlive(process) ? (memoryOf(process.pid) ?? 0) : 0),
    0,
  )

const main = (): void => {
  const { home } = readSettings(process.env)
  const state = readRunState(home)
  if (runningSupervisor(home) === undefined || state === undefined) {
    process.stdout.write('Pharos is not running; "npm start" starts it.\n')
    process.exitCode = 1
    return
  }
  const heading = ['part', 'state', 'since', 'pid', 'memory', 'restarts', 'where']
  process.stdout.write(`${table([heading, ...state.parts.map(rowOf)])}\n`)
  process.stdout.write(
    `\nsupervisor pid ${state.supervisor.pid}, all servers together ${megabytes(totalMemory(state.parts))}\n`,
  )
}

try {
  main()
} catch (error) {
  process.stderr.write(`✖ ${sentenceOf(error)}\n`)
  process.exitCode = 1
}
