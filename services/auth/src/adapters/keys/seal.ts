import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import type { Secret } from '@pharos/platform/runtime/config'

const ALGORITHM = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

export type Sealer = {
  /** Encrypts under a fresh nonce; `name` must be given again to open it, so that one seal can't stand for another. */
  seal(name: string, text: string): Buffer
  /** @throws Error when the secret or the name is another, or the bytes were changed */
  open(name: string, sealed: Buffer): string
}

/** AES-256-GCM by a key that is derived from `secret` and used for nothing else. */
export const createSealer = (secret: Secret): Sealer => {
  const key = Buffer.from(hkdfSync('sha256', secret.reveal(), '', 'pharos signing keys', 32))
  return {
    seal: (name, text) => {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(name))
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), body])
    },
    open: (name, sealed) => {
      const nonce = sealed.subarray(0, NONCE_BYTES)
      const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES)
      const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES })
      decipher.setAAD(Buffer.from(name)).setAuthTag(tag)
      const body = sealed.subarray(NONCE_BYTES + TAG_BYTES)
      return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8')
    },
  }
}
