import { log } from '../telemetry/log.ts'
import { captureError } from '../telemetry/capture.ts'
import { shutdownTelemetry } from '../telemetry/shutdown.ts'

const DEADLINE_MS = 25_000

/**
 * Runs a process: `start` puts what it opens on the stack, and a SIGTERM, a SIGINT or an unexpected rejection
 * disposes it in reverse order within 25 s. Exit code 0 after a signal, 1 after a fault or a missed deadline.
 */
export const run = async (start: (stack: AsyncDisposableStack) => Promise<void>): Promise<void> => {
  const stack = new AsyncDisposableStack()
  let stopping = false
  let code = 0

  const stop = async (reason: string, exitCode: number): Promise<void> => {
    code = Math.max(code, exitCode)
    if (stopping) return
    stopping = true
    log.info(`stopping: ${reason}`, { 'event.action': 'service.stopping' })
    // Not unref'd: a disposal that waits without a handle of its own would otherwise end the process half way.
    setTimeout(() => {
      log.error('could not stop in time', { 'event.action': 'service.stop-timeout' })
      process.exit(1)
    }, DEADLINE_MS)
    try {
      await stack.disposeAsync()
    } catch (error) {
      log.error('stopping failed', { 'event.action': 'service.stop-failed' }, error)
      code = 1
    }
    await shutdownTelemetry()
    process.exit(code)
  }

  const fail = (event: string) => (error: unknown) => {
    log.error('unexpected fault, the process ends', { 'event.action': event }, error)
    captureError(error, { handled: 'no' })
    void stop(event, 1)
  }

  process.on('uncaughtException', fail('process.uncaught-exception'))
  process.on('unhandledRejection', fail('process.unhandled-rejection'))
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal, 0))

  try {
    await start(stack)
  } catch (error) {
    // A start that a signal cut short fails on the stack that is being disposed.
    if (stopping) return
    log.error('the service could not start', { 'event.action': 'service.start-failed' }, error)
    await stop('start failed', 1)
  }
}
