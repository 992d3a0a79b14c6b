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

/** A UUID version 7 (RFC 9562 §5.7): sorts by the millisecond in which it was made. */
export const newUuid = (): string => {
  const time = Date.now().toString(16).padStart(12, '0')
  const random = randomHex(10)
  const variant = ((parseInt(random[3] as string, 16) & 0x3) | 0x8).toString(16)
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-${variant}${random.slice(4, 7)}-${random.slice(7, 19)}`
}
