import type { PartState } from '../local/run-state.ts'
import type { Check, Seen } from './checks.ts'

/** ✓ lives, ✗ does not, – is not part of the run. */
export type Verdict = { mark: '✓' | '✗' | '–'; name: string; state: string; data: string }

// What fetch throws says only that it failed; why is in its cause.
const reasonOf = (error: unknown): string => {
  const told = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return told instanceof Error ? told.message : String(told)
}

const isSeen = (found: unknown): found is Seen => typeof found === 'object' && found !== null && 'secondsAgo' in found

/**
 * What a look at a component means, given what the supervisor says of it: `found` is what was seen, or what was thrown. A part
 * that was left out or has not come yet is not at fault, and one that runs elsewhere is judged by its answer alone.
 */
export const judge = (check: Check, part: PartState | undefined, found: unknown): Verdict => {
  const { name, freshWithinSeconds } = check
  if (part?.state === 'skipped') return { mark: '–', name, state: 'left out', data: part.detail?.split('\n')[0] ?? '' }
  if (part?.state === 'starting') return { mark: '–', name, state: 'starting', data: part.detail ?? '' }
  if (!isSeen(found)) {
    if (part === undefined) return { mark: '–', name, state: 'not started', data: 'npm run ops starts it' }
    return { mark: '✗', name, state: part.state, data: reasonOf(found) }
  }
  const state = part?.state ?? 'elsewhere'
  const { secondsAgo, what } = found
  if (secondsAgo === undefined) {
    return { mark: freshWithinSeconds === undefined ? '✓' : '✗', name, state, data: `nothing yet (${what})` }
  }
  const stale = freshWithinSeconds !== undefined && secondsAgo > freshWithinSeconds
  return { mark: stale ? '✗' : '✓', name, state, data: `${what}, ${Math.round(secondsAgo)} s ago` }
}
