import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { Failure } from '../../local/failure.ts'
import { placeOf } from '../../local/parts.ts'
import { descendantsOf, isAlive, signalProcess, type ProcessIdentity } from '../../local/process-identity.ts'
import { readRunState } from '../../local/run-state.ts'

export const identity = z.object({ pid: z.number(), startTime: z.string(), boot: z.string() })

/** The supervisor writes it when the process is spawned, before it is ready. */
const spawned = (home: string, part: string): ProcessIdentity | undefined => {
  try {
    return identity.parse(JSON.parse(readFileSync(placeOf(home, part).pidFile, 'utf8')))
  } catch {
    return undefined
  }
}

/** The process of a part, also while it starts; undefined while there is none. */
export const processOf = (home: string, part: string): ProcessIdentity | undefined => {
  const known = readRunState(home)?.parts.find(({ name }) => name === part)?.process
  return [known, spawned(home, part)].find((each) => each !== undefined && isAlive(each))
}

/** @throws Failure when the part is no process that runs */
export const requireProcess = (home: string, part: string): ProcessIdentity => {
  const found = processOf(home, part)
  if (found !== undefined) return found
  const state = readRunState(home)?.parts.find(({ name }) => name === part)
  const why = state === undefined ? 'is no part of this run' : `is ${state.state} (${state.detail ?? 'no process'})`
  throw new Failure(`There is nothing to break: ${part} ${why}; "npm run status" lists what runs.`)
}

/** Whoever is stopped first can make no more of them. */
export const stopTree = (root: ProcessIdentity): void => {
  signalProcess(root, 'SIGSTOP')
  for (const child of descendantsOf(root.pid)) signalProcess(child, 'SIGSTOP')
}

export const continueTree = (root: ProcessIdentity): void => {
  for (const child of isAlive(root) ? descendantsOf(root.pid) : []) signalProcess(child, 'SIGCONT')
  signalProcess(root, 'SIGCONT')
}
