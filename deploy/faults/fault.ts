import type { FlagName } from '@pharos/platform/faults/faults'
import type { ServiceName } from '../local/services.ts'

/**
 * How a fault is made. Everything is done from outside a process, but for flags, which a process takes on its management port
 * when it runs with FAULTS=on. `part` is a name in the state of the run (`npm run status`).
 */
export type Injection =
  | { by: 'flag'; services: readonly ServiceName[]; flag: FlagName; variant: string }
  /** SIGKILL: the supervisor brings it back. `everySeconds`: again and again until the repair. */
  | { by: 'kill'; part: string; everySeconds?: number }
  /** SIGSTOP to the process and all that it has started, until the repair: it is there and answers nothing. */
  | { by: 'stop'; part: string }
  /** Stopped for `forMs` and let go for `thenMs`, in turn, until the repair: it answers, late. */
  | { by: 'stutter'; part: string; forMs: number; thenMs: number }
  /** Killed, and brought back as another version with a flag set from its first moment; the repair brings the old one back. */
  | { by: 'deploy'; service: ServiceName; version: string; flag: FlagName; variant: string }
  /** What only code can do, by its name in `attacks/`: sessions that hold locks, keys that fill Redis, a flood, a theft. */
  | { by: 'attack'; name: string }

export type AlertRef = { alert: string; service?: string }

/** One thing that can go wrong, what shows it, and who is told. */
export type Fault = {
  /** In kebab case: what is hit, then what happens to it. */
  name: string
  /** What breaks and for whom, in a sentence. */
  breaks: string
  /** The panel that shows it first: uid of the dashboard and title of the panel. */
  see: { dashboard: string; panel: string }
  injection: Injection
  /** The indicator that has to move: an instant query whose largest value must pass the bound. */
  sli: { query: string; is: 'above' | 'below'; bound: number }
  /** Delivered within so many seconds of the injection, with the rules as they are. The first one names the fault. */
  alerts: readonly (AlertRef & { service: string; withinSeconds: number })[]
  /** What may be delivered as well, because it follows; anything else is a false alarm. Without a service: of any. */
  mayFire?: readonly AlertRef[]
  /** How long after the repair its alerts may go on, where that is longer than usual. */
  resolvesWithinSeconds?: number
  /** Something is gone or fails outright: counts for the median time of detection. */
  hard: boolean
}
