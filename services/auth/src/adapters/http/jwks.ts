import { namedRoute } from '@pharos/platform/http/scope'
import type { Express } from 'express'

const JWKS_PATH = '/.well-known/jwks.json'
/** Verifiers hold the set this long; keys are published much longer than that before they sign. */
const JWKS_MAX_AGE_SECONDS = 300

/**
 * The public keys as RFC 7517 has them: without the envelope, because those who read them are not clients of the API.
 */
export const serveJwks =
  (jwks: () => string) =>
  (app: Express): void => {
    app.get(JWKS_PATH, namedRoute(JWKS_PATH), (_req, res) => {
      res.setHeader('Cache-Control', `public, max-age=${JWKS_MAX_AGE_SECONDS}`)
      res.type('application/jwk-set+json').send(jwks())
    })
  }
