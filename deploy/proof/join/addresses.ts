import { platform } from 'node:os'

const SLOTS = 254

const isLoopback = (url: string): boolean => ['127.0.0.1', 'localhost'].includes(new URL(url).hostname)

/**
 * Loopback addresses to call from, one after the other, none twice: limits by address then hold for each caller alone.
 * Undefined where there is one address only: on another system than Linux, or when the API is elsewhere. Their second
 * number is above 200, so that they are nobody's of `deploy/traffic`.
 */
export const loopbackAddresses = (url: string, start = Math.floor(Math.random() * SLOTS ** 2)) => {
  let next = start
  return (): string | undefined => {
    if (platform() !== 'linux' || !isLoopback(url)) return undefined
    const [block, third, fourth] = [Math.floor(next / SLOTS ** 2) % 50, Math.floor(next / SLOTS) % SLOTS, next % SLOTS]
    next += 1
    return `127.${201 + block}.${1 + third}.${1 + fourth}`
  }
}
