import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { deserialize, serialize } from 'node:v8'

const ALGORITHM = 'aes-256-gcm'
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

export const sha256 = (data: string | Buffer): Buffer => createHash('sha256').update(data).digest()

/** Encrypts what belongs to an idempotency key under that key itself: who cannot send the key cannot read the row. */
export type KeyCipher = {
  /** Any plain data: also Dates, Maps and buffers. @throws DataCloneError for functions and the like */
  seal(value: unknown): Buffer
  open(sealed: Buffer): unknown
  /** Tells bodies apart. Keyed, because a body may hold a password, which a plain hash would let anybody guess. */
  digest(body: string | Buffer): Buffer
}

export const createKeyCipher = (scope: string, idempotencyKey: string): KeyCipher => {
  const derive = (purpose: string): Buffer => Buffer.from(hkdfSync('sha256', idempotencyKey, scope, purpose, KEY_BYTES))
  const key = derive('pharos idempotency')
  return {
    digest: (body) => createHmac('sha256', derive('pharos idempotency body')).update(body).digest(),
    seal: (value) => {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv(ALGORITHM, key, nonce)
      const text = Buffer.concat([cipher.update(serialize(value)), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), text])
    },
    open: (sealed) => {
      const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(0, NONCE_BYTES))
      decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
      const text = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()])
      return deserialize(text) as unknown
    },
  }
}
