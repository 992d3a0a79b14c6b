import { closeApp, openApp } from '@pharos/platform/http/app'
import { mountRoutes } from '@pharos/platform/http/router'
import type { BoundRoute, RouterPorts } from '@pharos/platform/http/router'
import { scopeOf } from '@pharos/platform/http/scope'

const JWKS_PATH = '/.well-known/jwks.json'
/** Verifiers hold the set this long; keys are published much longer than that before they sign. */
const JWKS_MAX_AGE_SECONDS = 300

type Options = RouterPorts & { readonly routes: readonly BoundRoute[]; readonly jwks: () => string }

/**
 * The API of auth, and beside it the public keys as RFC 7517 has them: without the envelope, because those who read
 * them are not clients of the API.
 */
export const createAuthApp = ({ routes, jwks, ...ports }: Options) => {
  const app = openApp().set('trust proxy', ['loopback', 'linklocal', 'uniquelocal'])
  app.get(JWKS_PATH, (req, res) => {
    const scope = scopeOf(req)
    if (scope) scope.route = JWKS_PATH
    res.setHeader('Cache-Control', `public, max-age=${JWKS_MAX_AGE_SECONDS}`)
    res.type('application/jwk-set+json').send(jwks())
  })
  mountRoutes(app, routes, ports)
  return closeApp(app)
}
