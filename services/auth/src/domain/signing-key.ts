/** The part of a signing key that decides when it is used. */
export type KeyTimes = { readonly kid: string; readonly activeFrom: Date }

export type RotationPolicy = {
  /** How long a key signs before the next one takes over. */
  readonly rotateAfterMs: number
  /** How long a key is published before it signs, so that every verifier and every instance has it by then. */
  readonly publishAheadMs: number
  /** How long a key stays published after its successor took over: what its last token lives, and clock margin. */
  readonly publishAfterMs: number
}

const byAge = <K extends KeyTimes>(keys: readonly K[]): K[] =>
  keys.toSorted((a, b) => a.activeFrom.getTime() - b.activeFrom.getTime() || a.kid.localeCompare(b.kid))

/** The key to sign with: the youngest whose time has come. */
export const signingKeyAt = <K extends KeyTimes>(keys: readonly K[], now: Date): K | undefined =>
  byAge(keys).findLast(({ activeFrom }) => activeFrom <= now)

/** The keys that verifiers may still or soon need. A key retires by its successor, so a late rotation leaves no gap. */
export const publishedKeysAt = <K extends KeyTimes>(keys: readonly K[], now: Date, policy: RotationPolicy): K[] =>
  byAge(keys).filter((_, index, sorted) => {
    const successor = sorted[index + 1]
    return successor === undefined || successor.activeFrom.getTime() + policy.publishAfterMs > now.getTime()
  })

/** The keys that nobody has needed for so long that clocks which differ are no reason to keep them. */
export const forgottenKeysAt = <K extends KeyTimes>(keys: readonly K[], now: Date, policy: RotationPolicy): K[] => {
  const published = publishedKeysAt(keys, new Date(now.getTime() - policy.publishAheadMs), policy)
  return keys.filter((key) => !published.includes(key))
}

/**
 * From when a key made now must sign, or undefined when none is due. The very first signs at once: nobody can hold an
 * older set of keys. Any later one waits its publishing time out, even when the rotation is late.
 */
export const successorDue = (keys: readonly KeyTimes[], now: Date, policy: RotationPolicy): Date | undefined => {
  const youngest = byAge(keys).at(-1)
  if (!youngest) return now
  const earliest = now.getTime() + policy.publishAheadMs
  return youngest.activeFrom.getTime() + policy.rotateAfterMs <= earliest ? new Date(earliest) : undefined
}

/** When the key that signs now ought to have a successor; in the past when rotation is overdue. */
export const signingKeyExpiry = (keys: readonly KeyTimes[], now: Date, policy: RotationPolicy): Date | undefined => {
  const current = signingKeyAt(keys, now)
  return current && new Date(current.activeFrom.getTime() + policy.rotateAfterMs)
}
