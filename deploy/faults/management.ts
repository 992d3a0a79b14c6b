import { z } from 'zod'
import { Failure } from '../local/failure.ts'
import type { ServiceName } from '../local/services.ts'
import type { FlagName } from '@pharos/platform/faults/faults'
import { untilWorks } from './repeat.ts'
import type { Target } from './target.ts'

const TIMEOUT_MS = 3_000
/** A service that was started anew answers by then. */
const BACK_MS = 30_000

const ask = (url: string, init: RequestInit = {}): Promise<Response> =>
  fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) })

const NOT_ON = 'takes no inner faults: start the system by "FAULTS=on npm run ops" and try again.'

/** Whether a service runs with FAULTS=on. */
export const takesFlags = async ({ management }: Target, service: ServiceName): Promise<boolean> => {
  const answer = await ask(`${management[service]}/faults`)
  await answer.arrayBuffer()
  return answer.ok
}

/** @throws Failure that says what to do when the service does not */
export const requireFlags = async (target: Target, service: ServiceName): Promise<void> => {
  if (!(await takesFlags(target, service))) throw new Failure(`${service} ${NOT_ON}`)
}

/** Puts a variant in force; tried for half a minute, because a service may be on its way back. */
export const setFlag = ({ management }: Target, service: ServiceName, flag: FlagName, variant: string): Promise<void> =>
  untilWorks(BACK_MS, async () => {
    const answer = await ask(`${management[service]}/faults/${flag}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ variant }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Failure(`${service} refused ${flag}=${variant}: ${answer.status} ${text.slice(0, 200)}`)
  })

const versionAnswer = z.object({ version: z.string() })

/** The version that a service says it is. @throws while it does not answer */
export const versionOf = async ({ management }: Target, service: ServiceName): Promise<string> => {
  const answer = await ask(`${management[service]}/version`)
  return versionAnswer.parse(await answer.json()).version
}
