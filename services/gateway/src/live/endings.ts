type How = {
  /** Of the WebSocket's close frame. */
  readonly code: number
  readonly text: string
  /** A stream of events is told by one of this name, because coming back as before would not help. */
  readonly event?: string
}

/** Why a connection ends, and how its client hears of it. */
export const endings = {
  gone: { code: 1000, text: '' },
  expired: { code: 4401, text: 'token expired', event: 'expired' },
  revoked: { code: 4401, text: 'unauthenticated', event: 'revoked' },
  replaced: { code: 4408, text: 'too many connections', event: 'replaced' },
  slow: { code: 1013, text: 'reads too slowly' },
  silent: { code: 1006, text: 'does not answer' },
  misused: { code: 1008, text: 'sends too much' },
  unavailable: { code: 1013, text: 'service unavailable' },
  shutdown: { code: 1001, text: 'going away' },
} satisfies Record<string, How>

export type Ending = keyof typeof endings

export const howOf = (ending: Ending): How => endings[ending]
