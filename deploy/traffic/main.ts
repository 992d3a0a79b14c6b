import { sentenceOf } from '../local/failure.ts'
import { elapsedSeconds, say } from '../local/progress.ts'
import { readSettings } from '../local/settings.ts'
import { parseSeedOptions, parseTrafficOptions } from './options.ts'
import { complaints, renderReport } from './report.ts'
import { runTraffic } from './run-traffic.ts'
import { seedPlatform } from './seed.ts'

/** Ctrl-C ends a run with its report; a second one ends it at once. */
const stopSignal = (): AbortSignal => {
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping.signal.aborted) process.exit(130)
      stopping.abort()
    })
  }
  return stopping.signal
}

const main = async ([verb, ...args]: readonly string[]): Promise<number> => {
  const url = `http://127.0.0.1:${readSettings(process.env).servicePorts.gateway.http}`
  if (verb === 'seed') {
    await seedPlatform({ ...parseSeedOptions(args, url), say })
    say('seed', `done after ${elapsedSeconds()} s`)
    return 0
  }
  const report = await runTraffic({ ...parseTrafficOptions(args, url), say, signal: stopSignal() })
  process.stdout.write(`\n${renderReport(report)}\n`)
  return complaints(report).length === 0 ? 0 : 1
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  const isStopped = error instanceof Error && error.name === 'AbortError'
  process.stderr.write(`✖ ${isStopped ? 'Stopped before everybody was signed in.' : sentenceOf(error)}\n`)
  process.exitCode = 1
}
