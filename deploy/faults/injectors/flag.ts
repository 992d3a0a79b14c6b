import { z } from 'zod'
import { breaker, nothingGoesOn, type Breaker } from '../breaker.ts'
import type { Injection } from '../fault.ts'
import { requireFlags, setFlag } from '../management.ts'

/** A flag of the services, until it is off again. */
export const flagged = ({ services, flag, variant }: Extract<Injection, { by: 'flag' }>): Breaker =>
  breaker(z.null(), {
    prepare: async (target) => {
      for (const service of services) await requireFlags(target, service)
      return null
    },
    apply: async (target) => {
      for (const service of services) await setFlag(target, service, flag, variant)
      return nothingGoesOn
    },
    mend: async (target) => {
      await Promise.all(services.map((service) => setFlag(target, service, flag, 'off')))
    },
  })
