import type { Clock } from '@pharos/platform/runtime/clock'
import { gauge } from '@pharos/platform/telemetry/metrics'
import { publishedKeysAt, signingKeyAt, signingKeyExpiry } from '../../domain/signing-key.ts'
import type { KeyTimes, RotationPolicy } from '../../domain/signing-key.ts'

/** Tells at each scrape how the keys stand. */
export const exposeKeyGauges = (keys: () => readonly KeyTimes[], policy: RotationPolicy, clock: Clock): void => {
  gauge({
    name: 'auth_signing_key_expires_seconds',
    help: 'Seconds until the signing key ought to be replaced; negative when its rotation is overdue',
    collect: (set) => {
      const now = clock.now()
      const expiry = signingKeyExpiry(keys(), now, policy)
      if (expiry) set({}, (expiry.getTime() - now.getTime()) / 1_000)
    },
  })
  gauge({
    name: 'auth_signing_keys',
    help: 'Published signing keys: the one that signs, the next ones, the ones before',
    labels: ['state'],
    collect: (set) => {
      const now = clock.now()
      const current = signingKeyAt(keys(), now)
      const published = publishedKeysAt(keys(), now, policy)
      const next = published.filter(({ activeFrom }) => activeFrom > now).length
      set({ state: 'signing' }, current ? 1 : 0)
      set({ state: 'next' }, next)
      set({ state: 'retiring' }, published.length - next - (current ? 1 : 0))
    },
  })
}
