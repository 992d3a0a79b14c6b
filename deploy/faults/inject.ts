import { Failure } from '../local/failure.ts'
import { identityOf } from '../local/process-identity.ts'
import { ATTACKS } from './attacks/all.ts'
import type { Breaker } from './breaker.ts'
import { writeFaultLine } from './fault-line.ts'
import type { Fault, Injection } from './fault.ts'
import { deploy } from './injectors/deploy.ts'
import { flagged } from './injectors/flag.ts'
import { kill } from './injectors/kill.ts'
import { stop, stutter } from './injectors/stop.ts'
import { brokenNow, isHeld, noteBroken, noteMended, type Broken } from './left-broken.ts'
import type { Target } from './target.ts'

const breakerOf = (injection: Injection): Breaker => {
  switch (injection.by) {
    case 'flag':
      return flagged(injection)
    case 'kill':
      return kill(injection.part, injection.everySeconds)
    case 'stop':
      return stop(injection.part)
    case 'stutter':
      return stutter(injection.part, injection)
    case 'deploy':
      return deploy(injection)
    case 'attack': {
      const attack = ATTACKS[injection.name]
      if (attack === undefined) throw new Error(`there is no attack ${injection.name}`)
      return attack
    }
  }
}

/** Says nothing of what it is where whoever looks is to find that out. */
const UNNAMED = 'game-day'

export type Injected = {
  /** Makes all as it was; once is enough, and again does no harm. @throws when something cannot be mended */
  repair(): Promise<void>
}

/**
 * Breaks a running system. What is needed to mend it is in a file before; whoever is killed meanwhile leaves it to `mendAll`
 * of the next. @throws Failure when it cannot be done, and then all is as it was
 */
export const inject = async (
  { name, injection }: Pick<Fault, 'name' | 'injection'>,
  target: Target,
  { unnamed = false }: { unnamed?: boolean } = {},
): Promise<Injected> => {
  const { settings } = target
  const breaker = breakerOf(injection)
  const undo = await breaker.prepare(target)
  const owner = identityOf(process.pid)
  // As it comes back from the file, so that both ways of mending are given the same.
  const kept = JSON.parse(JSON.stringify({ injection, undo })) as Pick<Broken, 'injection' | 'undo'>
  const broken: Broken = { fault: name, ...kept, since: new Date().toISOString(), owner }
  noteBroken(settings.home, broken)
  await writeFaultLine(
    settings,
    unnamed ? { action: 'fault.injected', fault: UNNAMED } : { action: 'fault.injected', fault: name, injection },
  )
  let goingOn: AsyncDisposable | undefined
  let isMended = false
  const mend = async (): Promise<void> => {
    if (isMended) return
    await goingOn?.[Symbol.asyncDispose]()
    await breaker.mend(target, broken.undo)
    noteMended(settings.home, broken)
    await writeFaultLine(settings, { action: 'fault.repaired', fault: name, injection })
    isMended = true
  }
  let mending: Promise<void> = Promise.resolve()
  /** One after the other; what failed is tried again. */
  const repair = (): Promise<void> => {
    mending = mending.catch(() => {}).then(mend)
    return mending
  }
  try {
    goingOn = await breaker.apply(target, broken.undo)
  } catch (error) {
    await repair()
    throw error
  }
  return { repair }
}

/**
 * Mends what an earlier process has left broken, and gives the names.
 * @throws Failure when something is broken by a process that still runs: that one has to mend it
 */
export const mendAll = async (target: Target): Promise<string[]> => {
  const { settings } = target
  const broken = brokenNow(settings.home)
  const held = broken.find((each) => each.owner.pid !== process.pid && isHeld(each))
  if (held !== undefined) {
    throw new Failure(`${held.fault} is broken by process ${held.owner.pid}, which mends it: end that one with Ctrl-C.`)
  }
  for (const each of broken) {
    await breakerOf(each.injection).mend(target, each.undo)
    noteMended(settings.home, each)
    await writeFaultLine(settings, { action: 'fault.repaired', fault: each.fault, injection: each.injection })
  }
  return broken.map(({ fault }) => fault)
}
