import { fork } from 'node:child_process'
import { once } from 'node:events'

/** A process beside the measured ones, whose CPU is not counted. It answers one question at a time. */
export type Worker<Question, Answer> = AsyncDisposable & { ask(question: Question): Promise<Answer> }

type Reply<Answer> = { answer: Answer } | { fault: string }

/** Starts a file as such a process; it must call `answerQuestions`. */
export const startWorker = async <Question, Answer>(file: URL): Promise<Worker<Question, Answer>> => {
  const child = fork(file, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const ended = once(child, 'exit')
  const ask = async (question: Question): Promise<Answer> => {
    const replied = once(child, 'message') as Promise<[Reply<Answer>]>
    child.send(question as object)
    const outcome = await Promise.race([replied, ended])
    const reply = outcome[0] as Reply<Answer> | number | null
    if (reply === null || typeof reply === 'number') throw new Error(`${file.pathname} ended (${reply})`)
    if ('fault' in reply) throw new Error(reply.fault)
    return reply.answer
  }
  const stop = async (): Promise<void> => {
    if (child.connected) child.disconnect()
    await ended
  }
  return { ask, [Symbol.asyncDispose]: stop }
}

/** The other side: answers each question, and ends with the process that asked. */
export const answerQuestions = <Question, Answer>(answer: (question: Question) => Promise<Answer>): void => {
  // Ctrl-C reaches the whole group; the one who asked decides when it is over.
  process.on('SIGINT', () => {})
  process.on('disconnect', () => process.exit(0))
  process.on('message', (question: Question) => {
    answer(question).then(
      (value) => process.send?.({ answer: value }),
      (error: unknown) =>
        process.send?.({ fault: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    )
  })
}
