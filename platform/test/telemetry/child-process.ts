import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { eventually } from '../../src/testing/eventually.ts'
import type { LogLine } from '../../src/testing/log-lines.ts'

/** Where the kit's sources are, for the import statements of code that a child runs. */
export const KIT = new URL('../../src', import.meta.url).href
const BOOTSTRAP = `${KIT}/telemetry/register.ts`

export type Child = AsyncDisposable & {
  readonly process: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  /** The JSON lines of its stdout so far. */
  readonly lines: () => LogLine[]
  /** Resolves with the first line that has these fields. */
  waitForLine(fields: Record<string, unknown>): Promise<LogLine>
  readonly exit: Promise<{ readonly code: number | null; readonly signal: string | null }>
}

const parsed = (line: string): LogLine[] => {
  try {
    return [JSON.parse(line) as LogLine]
  } catch {
    return []
  }
}

/** Runs a module text in a process of its own, with the telemetry bootstrap and only the environment that is given. */
export const startChild = (code: string, env: Record<string, string> = {}): Child => {
  const child = spawn(process.execPath, ['--import', BOOTSTRAP, '--input-type=module', '--eval', code], {
    env: { PATH: process.env['PATH'], OTEL_SERVICE_NAME: 'child', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
  const exit = once(child, 'close').then(([exitCode, signal]) => ({
    code: exitCode as number | null,
    signal: signal as string | null,
  }))
  const lines = (): LogLine[] => stdout.split('\n').flatMap(parsed)
  return {
    process: child,
    stdout: () => stdout,
    stderr: () => stderr,
    lines,
    waitForLine: (fields) =>
      eventually(() => {
        const found = lines().find((line) => Object.entries(fields).every(([key, value]) => line[key] === value))
        if (!found) throw new Error(`no line has ${JSON.stringify(fields)}:\n${stdout}\n${stderr}`)
        return found
      }),
    exit,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await exit
    },
  }
}
