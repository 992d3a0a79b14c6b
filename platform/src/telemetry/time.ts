/**
 * Milliseconds since the epoch with microsecond resolution. Monotonic between two corrections: the offset to the
 * wall clock is taken again every ten seconds, and only when it moved by more than the wall clock's own resolution.
 */
export const now = (): number => offset + performance.now()

const CORRECTION_MS = 10_000
const RESOLUTION_MS = 2

let offset = performance.timeOrigin

setInterval(() => {
  const measured = Date.now() - performance.now()
  if (Math.abs(measured - offset) > RESOLUTION_MS) offset = measured
}, CORRECTION_MS).unref()

let isoAt = 0
let iso = ''

/** The time in RFC 3339 UTC; within the same millisecond it is the same string, made once. */
export const isoNow = (): string => {
  const at = Date.now()
  if (at !== isoAt) {
    isoAt = at
    iso = new Date(at).toISOString()
  }
  return iso
}
