import type { Breaker } from '../breaker.ts'
import { elasticsearchReadOnly } from './elasticsearch-read-only.ts'
import { expiringSigningKey } from './expiring-signing-key.ts'
import { fillRedis } from './fill-redis.ts'
import { INTRUDERS } from './intruders.ts'
import { rawLines, secretLines } from './lines.ts'
import { poisonMessage } from './poison-message.ts'
import { SESSION_ATTACKS } from './sessions.ts'

/** What only code can do, by the name that the matrix calls it. */
export const ATTACKS: Readonly<Record<string, Breaker>> = {
  ...SESSION_ATTACKS,
  ...INTRUDERS,
  'fill-redis': fillRedis,
  'poison-message': poisonMessage,
  'expiring-signing-key': expiringSigningKey,
  'elasticsearch-read-only': elasticsearchReadOnly,
  'raw-lines': rawLines,
  'secret-lines': secretLines,
}
