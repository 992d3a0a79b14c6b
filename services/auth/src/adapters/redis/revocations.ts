import type { Revocations as SharedRevocations } from '@pharos/platform/redis/revocations'
import type { Revocations } from '../../application/ports.ts'

const NO_SESSION = ''

export const createRevocationPort = (shared: SharedRevocations): Revocations => ({
  isUserRevoked: (userId) => shared.isRevoked({ userId, sessionId: NO_SESSION }),
  revokeSessions: async (sessionIds) => void (await Promise.all(sessionIds.map((id) => shared.revokeSession(id)))),
})
