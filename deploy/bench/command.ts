import { sentenceOf } from '../local/failure.ts'

export const print = (text: string): void => void process.stdout.write(`${text}\n`)

/**
 * Runs a command of the bench and sets the exit code to what it resolves with. Ctrl-C ends it after the step that runs, with
 * everything that was started stopped; a second one ends it at once.
 */
export const runCommand = async (command: (stop: AbortSignal) => Promise<number>): Promise<void> => {
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping.signal.aborted) process.exit(130)
      print('Stopping after this step; once more stops at once.')
      stopping.abort()
    })
  }
  try {
    process.exitCode = await command(stopping.signal)
  } catch (error) {
    if (!stopping.signal.aborted) process.stderr.write(`✖ ${sentenceOf(error)}\n`)
    process.exitCode = stopping.signal.aborted ? 130 : 1
  }
}
