import { log } from '../telemetry/log.ts'

type Job = { readonly name: string; readonly everyMs: number; readonly run: () => Promise<unknown> }

/** Runs a job again and again, never twice at once; the first of several failures is
 * logged and the next turn comes. Ends on disposal. */
export const every = ({ name, everyMs, run }: Job): AsyncDisposable => {
  let stopped = false
  let failing = false
  let running: Promise<unknown> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined

  const turn = async (): Promise<void> => {
    try {
      await run()
      if (failing) log.info(`${name} works again`, { 'event.action': 'job.recovered', 'app.job': name })
      failing = false
    } catch (error) {
      if (!failing)
        log.warn(`${name} failed, it is tried again`, { 'event.action': 'job.failed', 'app.job': name }, error)
      failing = true
    }
    if (!stopped) schedule()
  }
  const schedule = (): void => {
    timer = setTimeout(() => {
      running = turn()
    }, everyMs)
    timer.unref()
  }

  schedule()
  return {
    [Symbol.asyncDispose]: async () => {
      stopped = true
      clearTimeout(timer)
      await running
    },
  }
}
