import type { Fault } from '../../faults/fault.ts'
import type { HoldsBack } from './inhibitions.ts'
import type { JudgedTrial, Told } from './judge.ts'
import type { Stage } from './stage.ts'
import type { Delivered, Look, SeenAlert, TrialPort } from './trial.ts'
import { tryFault, untilOver } from './try-fault.ts'

/** When each play begins, in ms. */
export const START = 1_000_000
const LIMITS = { calmSeconds: 20, pendingSeconds: 5, alertSeconds: (real: number) => real, recoverSeconds: 30 }

/** What happens to one fault by itself, in seconds since the injection (`from`), until so many after the repair (`until`). */
export type Script = {
  sli?: { from: number; until: number }
  alerts?: (Omit<SeenAlert, 'state'> & { from: number; firing?: number; until: number })[]
  /** `startsAt` in ms; without it an alert begins when it comes. */
  delivered?: (Omit<Delivered, 'receivedAt' | 'startsAt'> & { at?: number; afterRepair?: number; startsAt?: number })[]
  /** Not ready until so many seconds after the repair. */
  away?: { name: string; until: number }
  /** What is there before the injection, and until how many seconds after the start. */
  before?: { look: Partial<Look>; seconds: number }
  /** What is wrong with the links of an alert, by its name. */
  links?: Readonly<Record<string, string>>
  cannotInject?: string
  cannotRepair?: string
  stopAt?: number
  /** Looks that fail, by their place. */
  blind?: readonly number[]
}

type Clock = { now: number; looks: number }

/** One fault on a clock: what is there of it, and what was delivered. */
const actor = (fault: Fault, script: Script, clock: Clock) => {
  let injectedAt: number | undefined
  let repairedAt: number | undefined
  const since = (time: number | undefined): number => (time === undefined ? -1 : (clock.now - time) / 1000)
  const isOn = ({ from, until }: { from: number; until: number }): boolean =>
    since(injectedAt) >= from && (repairedAt === undefined || since(repairedAt) < until)
  const shown = (script.alerts ?? []).map(({ from, until, firing = Infinity, ...alert }) => ({
    alert,
    from,
    until,
    firing,
  }))
  return {
    fault,
    script,
    at: () => ({
      injected: injectedAt && (injectedAt - START) / 1000,
      repaired: repairedAt && (repairedAt - START) / 1000,
    }),
    since: () => since(injectedAt),
    sli: () => (script.sli && isOn(script.sli) ? 0 : 1),
    alerts: (): SeenAlert[] =>
      shown
        .filter(isOn)
        .map(({ alert, firing }) => ({ ...alert, state: since(injectedAt) >= firing ? 'firing' : 'pending' })),
    delivered: (): Delivered[] =>
      (script.delivered ?? []).flatMap(({ at, afterRepair = 0, ...told }) => {
        const base = at === undefined ? repairedAt : injectedAt
        const receivedAt = base === undefined ? Infinity : base + (at ?? afterRepair) * 1000
        return receivedAt > clock.now ? [] : [{ ...told, receivedAt }]
      }),
    away: (): string[] => (script.away && isOn({ ...script.away, from: 0 }) ? [script.away.name] : []),
    inject: async () => {
      if (script.cannotInject !== undefined) throw new Error(script.cannotInject)
      injectedAt = clock.now
      return {
        repair: async () => {
          repairedAt ??= clock.now
          if (script.cannotRepair !== undefined) throw new Error(script.cannotRepair)
        },
      }
    },
  }
}

type Actor = ReturnType<typeof actor>

const portOf = (self: Actor, all: readonly Actor[], clock: Clock): TrialPort => ({
  now: () => clock.now,
  pause: async () => {
    clock.now += 1000
    const { stopAt = Infinity } = self.script
    if (self.since() >= stopAt) throw new Error('stopped')
  },
  look: async (since) => {
    clock.looks += 1
    const { blind, before } = self.script
    if (blind?.includes(clock.looks)) throw new Error('Prometheus does not answer')
    const isBefore = before !== undefined && self.since() < 0 && (clock.now - START) / 1000 < before.seconds
    const delivered = all
      .flatMap((each) => each.delivered())
      .filter(({ receivedAt }) => receivedAt >= since)
      .toSorted((one, other) => one.receivedAt - other.receivedAt)
    return {
      sli: self.sli(),
      alerts: all.flatMap((each) => each.alerts()),
      delivered,
      away: all.flatMap((each) => each.away()),
      ...(isBefore && before.look),
    }
  },
  inject: self.inject,
  brokenLinks: async ({ alert }) => all.flatMap(({ script }) => script.links?.[alert] ?? []),
})

/** A system that behaves as written, in which faults are tried in turn, on a clock that moves by a second with each pause. */
export const play = (acts: readonly (readonly [Fault, Script])[], holdsBack: HoldsBack = () => false) => {
  const clock = { now: START, looks: 0 }
  const actors = acts.map(([fault, script]) => actor(fault, script, clock))
  /** In the order of their ends. */
  const ended: JudgedTrial[] = []
  const stage: Stage = {
    limits: LIMITS,
    holdsBack,
    ended: async (trial) => void ended.push(trial),
    made: [],
    lookedAt: START,
  }
  const run = async (): Promise<Told[]> => {
    for (const each of actors) await tryFault(each.fault, portOf(each, actors, clock), stage)
    const [last] = actors.slice(-1)
    return last ? untilOver(portOf(last, actors, clock), stage) : []
  }
  return { outcome: run(), ended, at: () => actors.map((each) => each.at()) }
}
