import { randomFillSync } from 'node:crypto'

const POOL_BYTES = 8_192
const pool = Buffer.allocUnsafe(POOL_BYTES)
let offset = POOL_BYTES

/** `bytes` random bytes as hex, from a pool: one call into the kernel serves hundreds of ids. */
const randomHex = (bytes: number): string => {
  if (offset + bytes > POOL_BYTES) {
    randomFillSync(pool)
    offset = 0
  }
  offset += bytes
  return pool.toString('hex', offset - bytes, offset)
}

const nonZero = (bytes: number, zero: string): string => {
  const id = randomHex(bytes)
  return id === zero ? nonZero(bytes, zero) : id
}

/** A W3C trace id: 32 lower-case hex digits, never all zero. */
export const newTraceId = (): string => nonZero(16, '00000000000000000000000000000000')

/** A W3C span id: 16 lower-case hex digits, never all zero. */
export const newSpanId = (): string => nonZero(8, '0000000000000000')

let prefixAt = 0
let prefix = ''

/** The time of a UUID as its first digits, made once a millisecond. */
const timePrefix = (): string => {
  const at = Date.now()
  if (at !== prefixAt) {
    prefixAt = at
    const time = at.toString(16).padStart(12, '0')
    prefix = `${time.slice(0, 8)}-${time.slice(8)}-7`
  }
  return prefix
}

const VARIANT = ['8', '9', 'a', 'b'] as const

/** A UUID version 7 (RFC 9562 §5.7): sorts by the millisecond in which it was made. */
export const newUuid = (): string => {
  const random = randomHex(10)
  const variant = VARIANT[random.charCodeAt(19) & 3] as string
  return `${timePrefix()}${random.slice(0, 3)}-${variant}${random.slice(3, 6)}-${random.slice(6, 18)}`
}
