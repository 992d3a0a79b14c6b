import { Failure, sentenceOf } from '../local/failure.ts'
import { say } from '../local/progress.ts'
import { readSettings } from '../local/settings.ts'
import type { Fault } from './fault.ts'
import { inject, mendAll } from './inject.ts'
import { MATRIX } from './matrix/all.ts'
import { parseCommand } from './options.ts'
import { howOf, placeOfFault, renderFault, renderList } from './render.ts'
import { pause } from './repeat.ts'
import { openStory } from './story.ts'
import { runningTarget, type Target } from './target.ts'

const LOOK_EVERY_MS = 2_000

const print = (text: string): void => void process.stdout.write(`${text}\n`)

/** Aborted by the first Ctrl-C; the repair is not to be interrupted by the second. */
const interrupted = (): AbortSignal => {
  const ending = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.abort())
  // A terminal that is gone must not end us before all is mended.
  process.stdout.on('error', () => {})
  return ending.signal
}

const mendLeftovers = async (target: Target): Promise<string[]> => {
  const mended = await mendAll(target)
  for (const name of mended) say('repair', `${name} was left broken and is mended`)
  return mended
}

const breakFor = async (fault: Fault, target: Target, seconds: number): Promise<void> => {
  const signal = interrupted()
  await mendLeftovers(target)
  const story = await openStory(fault, target, say)
  say('fault', fault.breaks)
  say('how', howOf(fault.injection))
  say('look at', placeOfFault(fault, target.settings))
  const { repair } = await inject(fault, target)
  try {
    say('fault', `${fault.name} is injected, for ${seconds} s; Ctrl-C ends it sooner`)
    const deadline = performance.now() + seconds * 1000
    while (!signal.aborted && performance.now() < deadline) {
      await story.look()
      await pause(Math.min(LOOK_EVERY_MS, Math.max(0, deadline - performance.now())), signal)
    }
  } finally {
    say('repair', 'begins')
    await repair()
  }
  const told = (await story.look()).filter(({ status }) => status === 'firing').map(({ alert }) => alert)
  const missing = fault.alerts.filter(({ alert }) => !told.includes(alert))
  say('repair', 'done')
  for (const { alert, service, withinSeconds } of missing) {
    say('missing', `${alert} of ${service} has not come: it takes up to ${withinSeconds} s (--seconds), with traffic`)
  }
  print('What has fired ends by itself within minutes: "npm run fault" no longer looks.')
}

const main = async (args: readonly string[]): Promise<void> => {
  const command = parseCommand(args)
  const settings = readSettings(process.env)
  switch (command.verb) {
    case 'list':
      return print(renderList(MATRIX))
    case 'show':
      return print(renderFault(command.fault, settings))
    case 'repair': {
      const mended = await mendLeftovers(runningTarget(settings))
      return mended.length === 0 ? print('Nothing is broken.') : undefined
    }
    case 'break':
      return await breakFor(command.fault, runningTarget(settings), command.seconds)
  }
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`✖ ${sentenceOf(error)}\n`)
  process.exitCode = error instanceof Failure ? 1 : 2
}
