import { randomInt } from 'node:crypto'
import { createInterface } from 'node:readline'
import { Failure, sentenceOf } from '../local/failure.ts'
import { say } from '../local/progress.ts'
import { readSettings } from '../local/settings.ts'
import type { Fault } from './fault.ts'
import { inject, mendAll } from './inject.ts'
import { takesFlags } from './management.ts'
import { MATRIX } from './matrix/all.ts'
import { parseGameday } from './options.ts'
import { quizOf, renderChoices, renderVerdict } from './quiz.ts'
import { pause } from './repeat.ts'
import { journalOf } from './story.ts'
import { runningTarget, type Target } from './target.ts'
import { deliveredSince } from './watch.ts'

const LOOK_EVERY_MS = 2_000
const SEEDS = 1_000_000

const print = (text: string): void => void process.stdout.write(`${text}\n`)

/** Those that this system can have; an alert that says what is not to be guessed would be no game. */
const playable = async (target: Target): Promise<readonly Fault[]> => {
  if (await takesFlags(target, 'posts').catch(() => false)) return MATRIX
  say('gameday', 'without the faults of services: "FAULTS=on npm run ops" would allow them')
  const isInner = ({ injection }: Fault): boolean =>
    injection.by === 'flag' ||
    injection.by === 'deploy' ||
    (injection.by === 'attack' && injection.name.startsWith('users-'))
  return MATRIX.filter((fault) => !isInner(fault))
}

/** Prints what comes to whoever is on call, until it is ended. */
const page = async (target: Target, signal: AbortSignal, onFirst: () => void): Promise<void> => {
  const begun = Date.now()
  const told = new Set<string>()
  while (!signal.aborted) {
    for (const each of deliveredSince(journalOf(target), begun)) {
      const key = `${each.status} ${each.alert} ${each.service} ${each.startsAt}`
      if (told.has(key) || each.startsAt < begun) continue
      told.add(key)
      say(each.severity ?? 'alert', `${each.status}: ${each.summary ?? each.alert}`)
      if (each.status === 'firing') {
        print(
          `${''.padEnd(10)}${each.description ?? ''}\n${''.padEnd(10)}${each.runbook ?? ''}\n${''.padEnd(10)}${each.dashboard ?? ''}`,
        )
        onFirst()
      }
    }
    await pause(LOOK_EVERY_MS, signal)
  }
}

/** The number that is typed; undefined when the terminal ends or time is over. */
const asked = async (count: number, signal: AbortSignal): Promise<number | undefined> => {
  const lines = createInterface({ input: process.stdin, signal })
  // Ctrl-C in a terminal comes to who reads it.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  process.stdout.write(`1 to ${count}: `)
  for await (const line of lines) {
    const choice = Number(line.trim())
    if (Number.isInteger(choice) && choice >= 1 && choice <= count) return choice
    process.stdout.write(`1 to ${count}: `)
  }
  return undefined
}

const play = async (args: readonly string[]): Promise<number> => {
  const { seed = randomInt(SEEDS), seconds, answer } = parseGameday(args)
  const target = runningTarget(readSettings(process.env))
  for (const name of await mendAll(target)) say('repair', `${name} was left broken and is mended`)
  const quiz = quizOf(seed, await playable(target))
  const ending = new AbortController()
  const { signal } = ending
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => ending.abort())
  const timeIsOver = setTimeout(() => ending.abort(), seconds * 1000)
  const first = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => first.resolve())

  const { repair } = await inject(quiz.fault, target, { unnamed: true })
  const begun = performance.now()
  let choice: number | undefined
  try {
    say('gameday', `something is broken (seed ${seed}); what comes to whoever is on call comes here`)
    const paging = page(target, signal, first.resolve)
    await first.promise
    print(renderChoices(quiz))
    choice = signal.aborted ? answer : (answer ?? (await asked(quiz.choices.length, signal).catch(() => undefined)))
    ending.abort()
    await paging
  } finally {
    clearTimeout(timeIsOver)
    await repair()
  }
  const took = (performance.now() - begun) / 1000
  print(`\n${renderVerdict(quiz, { choice: choice ?? 0, seconds: took, settings: target.settings })}`)
  say('repair', 'done')
  return quiz.choices[(choice ?? 0) - 1]?.name === quiz.fault.name ? 0 : 1
}

try {
  process.exitCode = await play(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`✖ ${sentenceOf(error)}\n`)
  process.exitCode = error instanceof Failure ? 1 : 2
}
