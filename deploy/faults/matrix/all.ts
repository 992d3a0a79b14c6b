import type { Fault } from '../fault.ts'
import { gone } from './gone.ts'
import { kafka } from './kafka.ts'
import { postgres } from './postgres.ts'
import { redis } from './redis.ts'
import { security } from './security.ts'
import { services } from './services.ts'
import { telemetry } from './telemetry.ts'

/** Everything that we know how to break. */
export const MATRIX: readonly Fault[] = [
  ...gone,
  ...services,
  ...postgres,
  ...redis,
  ...kafka,
  ...security,
  ...telemetry,
]
