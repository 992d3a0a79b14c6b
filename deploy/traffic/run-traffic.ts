import { setTimeout as delay } from 'node:timers/promises'
import { Failure } from '../local/failure.ts'
import { silent, type Say } from '../local/progress.ts'
import type { Turn } from './actions.ts'
import { openApi, type Api } from './api.ts'
import { ACTIONS, fame, intents, type Intent } from './intents.ts'
import { personOf } from './people.ts'
import { createRandom } from './random.ts'
import { createRecorder, type Recorder, type Report } from './report.ts'
import { enterAll } from './sign-in.ts'
import { openWorld, type World } from './world.ts'

export type TrafficOptions = {
  url: string
  /** Requests per second, on average over a day. */
  rate: number
  seconds: number
  users: number
  seed: number
  /** Seconds of a day, over which the rate swings. */
  day: number
  /** Ends the run early, with its report. */
  signal?: AbortSignal
  say?: Say
}

const CONNECTIONS = 64
const MOST_IN_FLIGHT = 256
const LINE_EVERY_SECONDS = 10
/** Limits show at once, and a run of refusals is of no use to anybody. */
const LIMITED_AFTER = 100
const LIMITED_SHARE = 0.2

const refuseLimits = (recorder: Recorder): void => {
  const { count, verdicts } = recorder.report(0)
  if (count < LIMITED_AFTER || verdicts.limited < count * LIMITED_SHARE) return
  throw new Failure(
    `${verdicts.limited} of ${count} requests were limited: start the system by "RATE_LIMIT=off npm start" for this, ` +
      'or let more people do as much (--users).',
  )
}

const turnOf = (world: World, seed: number, { number, actor }: Intent, famous: ReturnType<typeof fame>): Turn => {
  const random = createRandom(seed, 3, number)
  const memberAt = (place: number): Turn['actor'] => {
    const member = world.members[place]
    if (member === undefined) throw new Error(`nobody is at place ${place}`)
    return member
  }
  // Whatever somebody does, mistakes as well, comes from their address.
  const call: World['call'] = (operation, ask, o) => world.call(operation, { from: actor, ...ask }, o)
  return { world: { ...world, call }, random, actor: memberAt(actor), other: () => memberAt(famous(random)) }
}

/** Does what was intended when its time has come, whether the earlier has been answered or not. */
const perform = async (world: World, recorder: Recorder, o: TrafficOptions, begun: number): Promise<void> => {
  const { seed, users, rate, day, seconds, signal, say = silent } = o
  const elapsed = (): number => (performance.now() - begun) / 1000
  const famous = fame(users)
  const inFlight = new Set<Promise<unknown>>()
  const faults: unknown[] = []
  let nextLine = LINE_EVERY_SECONDS
  for (const intent of intents({ seed, users, rhythm: { rate, day } })) {
    const waitMs = (Math.min(intent.at, seconds) - elapsed()) * 1000
    if (waitMs > 1) await delay(waitMs, undefined, signal && { signal }).catch(() => {})
    if (intent.at > seconds || signal?.aborted) break
    if (faults.length > 0) throw faults[0]
    if (elapsed() >= nextLine) {
      say('traffic', `${Math.round(elapsed())} s: ${recorder.line(elapsed())}`)
      nextLine += LINE_EVERY_SECONDS
      refuseLimits(recorder)
    }
    if (inFlight.size >= MOST_IN_FLIGHT) {
      recorder.skip()
      continue
    }
    const acting = Promise.resolve(ACTIONS[intent.action]?.act(turnOf(world, seed, intent, famous)))
      .catch((error: unknown) => faults.push(error))
      .finally(() => inFlight.delete(acting))
    inFlight.add(acting)
  }
  await Promise.all(inFlight)
  if (faults.length > 0) throw faults[0]
}

const enter = async (api: Api, recorder: Recorder, o: TrafficOptions): Promise<World> => {
  const { users, seed, signal, say = silent } = o
  const people = Array.from({ length: users }, (_, place) => personOf(seed, place))
  const entered = await enterAll(api, people, (done) => {
    signal?.throwIfAborted()
    if (done % 100 === 0 && done < users) say('people', `${done} of ${users} are signed in`)
  })
  say('people', `${users} are signed in, ${entered.filter(({ isNew }) => isNew).length} of them are new`)
  return openWorld(api, recorder, entered)
}

/**
 * Lets people use a running system for a while and reports what they got. Arrivals do not wait for answers; beyond a
 * bound of requests in flight they are skipped and counted.
 * @throws Failure when the system cannot be reached, signs nobody in, or limits so much that there is nothing to see
 */
export const runTraffic = async (options: TrafficOptions): Promise<Report> => {
  const { url, seed, say = silent } = options
  const mark = `traffic-${seed}-${Date.now().toString(36)}`
  await using api = openApi({ url, mark, connections: CONNECTIONS })
  const recorder = createRecorder()
  const world = await enter(api, recorder, options)
  say('traffic', `correlation ids are ${mark}-<number>`)
  const begun = performance.now()
  await perform(world, recorder, options, begun)
  return recorder.report((performance.now() - begun) / 1000)
}
