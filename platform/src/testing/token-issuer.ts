import { generateKeyPairSync, sign } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Signs access tokens as auth does, and serves the key for them. */
export const startTokenIssuer = async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'test', alg: 'EdDSA', use: 'sig' }
  const server = createServer((_req, res) => {
    res.setHeader('Content-Type', 'application/json')
    res.end(JSON.stringify({ keys: [jwk] }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  let sessions = 0

  return {
    jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    /** A token of a new session. */
    tokenFor: (userId: number, role: 'user' | 'admin' = 'user'): string => {
      sessions += 1
      const issuedAt = Math.floor(Date.now() / 1_000)
      const header = encode({ alg: 'EdDSA', kid: 'test', typ: 'at+jwt' })
      const payload = encode({
        iss: 'pharos',
        aud: 'pharos',
        sub: String(userId),
        sid: `session-${sessions}`,
        role,
        iat: issuedAt,
        exp: issuedAt + 900,
      })
      const signature = sign(null, Buffer.from(`${header}.${payload}`), privateKey).toString('base64url')
      return `${header}.${payload}.${signature}`
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
