import type { Request } from 'express'

const UNKNOWN = 'unknown'

/** Who is calling: the peer of the connection or, behind trusted proxies, whom they name. */
export const clientAddress = (req: Request): string => {
  const trusted = req.app.get('trust proxy') as readonly string[]
  // Express would parse X-Forwarded-For of every request, also where nobody is believed.
  return (trusted.length === 0 ? req.socket.remoteAddress : req.ip) ?? UNKNOWN
}
