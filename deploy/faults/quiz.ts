import { createRandom, type Random } from '../traffic/random.ts'
import type { Fault } from './fault.ts'
import { howOf, placeOfFault } from './render.ts'
import type { Settings } from '../local/settings.ts'

const CHOICES = 5

/** One fault by chance, and five causes of which it is one: always the same ones for a seed. */
export type Quiz = { fault: Fault; choices: readonly Fault[] }

const shuffled = <T>(items: readonly T[], random: Random): T[] => {
  const left = [...items]
  const result: T[] = []
  while (left.length > 0) result.push(...left.splice(random.below(left.length), 1))
  return result
}

export const quizOf = (seed: number, faults: readonly Fault[]): Quiz => {
  const random = createRandom(seed)
  const fault = random.pick(faults)
  const others = shuffled(
    faults.filter(({ name }) => name !== fault.name),
    random,
  )
  return { fault, choices: shuffled([fault, ...others.slice(0, CHOICES - 1)], random) }
}

/** The question. */
export const renderChoices = ({ choices }: Quiz): string =>
  ['What is the cause?', ...choices.map(({ breaks }, place) => `  ${place + 1}  ${breaks}`)].join('\n')

/** Right or wrong, and what would have told. `choice` counts from 1. */
export const renderVerdict = (
  { fault, choices }: Quiz,
  o: { choice: number; seconds: number; settings: Settings },
): string => {
  const chosen = choices[o.choice - 1]
  const isRight = chosen?.name === fault.name
  return [
    `${isRight ? 'Right' : 'Wrong'}, after ${Math.round(o.seconds)} s. It was ${fault.name}: ${fault.breaks}`,
    `How: ${howOf(fault.injection)}.`,
    `Told by ${fault.alerts.map(({ alert, service }) => `${alert} of ${service}`).join(', ')}`,
    `Seen at ${placeOfFault(fault, o.settings)}`,
    `Read observability/runbooks/${fault.alerts[0]?.alert ?? 'README'}.md`,
  ].join('\n')
}
