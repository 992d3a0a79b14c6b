import { flushErrors } from './capture.ts'
import { flushStdout } from './stdout.ts'
import { flushSpans } from './trace-pipeline.ts'

const LIMIT_MS = 2_000

/** Sends what is queued in every signal, within two seconds, so that the last requests of a process are seen too. */
export const shutdownTelemetry = async (): Promise<void> => {
  const limit = new Promise<void>((resolve) => setTimeout(resolve, LIMIT_MS).unref())
  await Promise.race([Promise.allSettled([flushSpans(), flushErrors(LIMIT_MS)]), limit])
  flushStdout()
}
