import type { Say } from '../local/progress.ts'
import type { VariantSystem } from './bench-system.ts'
import { measureDelivery } from './delivery.ts'
import { measureRelay } from './relay.ts'

/** A measurement that is no slice of load: it sets something in motion and looks how long that takes. */
type Probe = {
  about: string
  /** `text` for the reader, `figures` for the file. */
  run: (system: VariantSystem, say: Say) => Promise<{ text: string; figures: object }>
}

export const PROBE_NAMES = ['delivery', 'relay'] as const
export type ProbeName = (typeof PROBE_NAMES)[number]

export const PROBES: Readonly<Record<ProbeName, Probe>> = {
  delivery: {
    about: 'ms from the answer to a follow until the feed of the followed shows it; 50 follows/s for 60 s',
    run: measureDelivery,
  },
  relay: {
    about: '20,000 events in one outbox, until the topic has them all; consumers read along',
    run: measureRelay,
  },
}
