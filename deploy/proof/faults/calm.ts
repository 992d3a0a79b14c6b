import type { AlertRef, Fault } from '../../faults/fault.ts'
import { isMoved } from '../../faults/watch.ts'
import { called, matches, type Told } from './judge.ts'
import { mayBeOf, mayBring, openOf, untoldOf } from './made.ts'
import type { Stage } from './stage.ts'
import type { Look } from './trial.ts'

const claimsOf = ({ alerts, mayFire = [] }: Fault): AlertRef[] => [...alerts, ...mayFire]

/** Whether nobody could say of which fault an alert is; one without a service may be of any. */
const isClaimed = (fault: Fault, told: Told): boolean =>
  claimsOf(fault).some((ref) => matches(ref, told) || (told.service === '' && ref.alert === told.alert))

/** Whether an alert that fires, of a fault before, would mix with what this one has to bring. */
const meddles = (fault: Fault, told: Told, { holdsBack }: Stage): boolean =>
  isClaimed(fault, told) || fault.alerts.some((named) => holdsBack(told, named))

/** Alertmanager forgets to tell that an alert has resolved, if it fires anew or is held back at that moment. */
const losesEnd = (fault: Fault, told: Told, { holdsBack }: Stage): boolean =>
  isClaimed(fault, told) || claimsOf(fault).some((claim) => holdsBack(claim, told))

/** What keeps a fault from being made; `soft` may be ignored after a while. Tails may stay that do not mix with it. */
export const unrestOf = (fault: Fault, look: Look, stage: Stage): { hard: string[]; soft: string[] } => {
  const tails = openOf(stage.made)
  const unrest = look.alerts.filter((seen) => {
    const isOfTail = tails.some((tail) => mayBeOf(tail, seen))
    return !isOfTail || (seen.state === 'firing' ? meddles(fault, seen, stage) : mayBring(fault, seen))
  })
  const untold = tails
    .filter(({ isJudged }) => isJudged !== true)
    .flatMap(untoldOf)
    .filter((told) => losesEnd(fault, told, stage))
  return {
    hard: [
      ...unrest.filter(({ state }) => state === 'firing').map((seen) => `${called(seen)} fires`),
      ...untold.map((told) => `${called(told)} was not told as resolved`),
      ...look.away.map((name) => `${name} is not ready`),
      ...(isMoved(fault.sli, look.sli) ? [`the indicator is ${look.sli} already`] : []),
    ],
    soft: unrest.filter(({ state }) => state === 'pending').map((seen) => `${called(seen)} is pending`),
  }
}
