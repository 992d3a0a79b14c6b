import { z } from 'zod'
import type { FlagName } from '@pharos/platform/faults/faults'
import { Failure } from '../../local/failure.ts'
import type { ServiceName } from '../../local/services.ts'
import type { Live } from '../part.ts'

const TIMEOUT_MS = 5000
const flags = z.object({ flags: z.array(z.object({ flag: z.string() })) })

type Place = Pick<Live, 'management'>

/** Whether the services can be made to fail: they can when they run with FAULTS=on. */
export const takesFaults = async ({ management }: Place): Promise<boolean> => {
  const response = await fetch(`${management.gateway}/faults`, { signal: AbortSignal.timeout(TIMEOUT_MS) })
  const text = await response.text()
  return response.ok && flags.safeParse(JSON.parse(text)).success
}

const setFlag = async ({ management }: Place, service: ServiceName, flag: FlagName, variant: string): Promise<void> => {
  const response = await fetch(`${management[service]}/faults/${flag}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ variant }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  const text = await response.text()
  if (!response.ok) throw new Failure(`${service} does not set ${flag} to ${variant}: ${response.status} ${text}`)
}

/** Lets every request of a service fail while `work` runs, and lets it be well again whatever comes of that. */
export const whileFailing = async <T>(place: Place, service: ServiceName, work: () => Promise<T>): Promise<T> => {
  await setFlag(place, service, 'http-error', 'all')
  try {
    return await work()
  } finally {
    await setFlag(place, service, 'http-error', 'off')
  }
}
