const HERE = new Set(['127.0.0.1', 'localhost'])
const FOURTH = 254
const THIRD = 256
const SECOND = 254

/**
 * The loopback address that a person acts from, so that a limit by address counts each of them alone; undefined where
 * the API is elsewhere, or where the system has but one such address, as macOS does.
 */
export const addressOf = (url: string, person: number, platform = process.platform): string | undefined => {
  if (platform !== 'linux' || !HERE.has(new URL(url).hostname)) return undefined
  const fourth = 1 + (person % FOURTH)
  const third = Math.floor(person / FOURTH) % THIRD
  // 127.0 is left to servers.
  const second = 1 + (Math.floor(person / (FOURTH * THIRD)) % SECOND)
  return `127.${second}.${third}.${fourth}`
}
