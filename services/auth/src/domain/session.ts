export const ACCESS_TOKEN_SECONDS = 15 * 60

const REFRESH_TOKEN_MS = 30 * 24 * 60 * 60 * 1_000

/** When a refresh token issued `now` ends. Each rotation issues a new one, so a session in use never ends by age. */
export const refreshExpiry = (now: Date): Date => new Date(now.getTime() + REFRESH_TOKEN_MS)

/** Access tokens are refused some seconds late by clocks that differ; whatever outlives them waits this long. */
const CLOCK_MARGIN_SECONDS = 60

/** An access token issued before this moment has expired everywhere. */
export const oldestLiveAccessToken = (now: Date): Date =>
  new Date(now.getTime() - (ACCESS_TOKEN_SECONDS + CLOCK_MARGIN_SECONDS) * 1_000)

/** What is stored of a session that begins: never the refresh token itself, only its hash. */
export type NewSession = {
  readonly id: string
  readonly tokenHash: Buffer
  readonly at: Date
  readonly expiresAt: Date
}

/** What becomes of a refresh token that is shown to us. */
export type Presented =
  | { readonly outcome: 'accepted'; readonly userId: number; readonly sessionId: string }
  | { readonly outcome: 'reused'; readonly userId: number; readonly sessionId: string }
  | { readonly outcome: 'refused' }
