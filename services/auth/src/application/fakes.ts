import { createHash, randomUUID } from 'node:crypto'
import type { UserView } from '@pharos/platform/contracts/http/users'
import { AppError, unavailable } from '@pharos/platform/errors'
import type { Account, NewAccount } from '../domain/account.ts'
import { tooManyAttempts, userNotFound, usernameTaken } from '../domain/faults.ts'
import type { Registration } from '../domain/registration.ts'
import type { NewSession } from '../domain/session.ts'
import type { UseCasePorts } from './use-cases.ts'

export const WRONG = 'wrong-password'
export const NOW = new Date('2026-03-01T12:00:00.000Z')

export const ada: NewAccount = { username: 'ada', email: 'ada@example.org', password: 'correct-horse' }

type Token = { sessionId: string; expiresAt: Date; used: boolean }
type Session = { userId: number; revoked: boolean; renewedAt: Date }

/** What the ports of auth keep, in memory, and switches for what may go wrong with them. */
export const fakeWorld = () => {
  let now = NOW
  const accounts = new Map<number, Account & { names: string[] }>()
  const tokens = new Map<string, Token>()
  const sessions = new Map<string, Session>()
  const intents = new Map<string, Registration>()
  const profiles = new Map<string, UserView>()
  const said: string[] = []
  const failures = new Map<number | string, number>()
  const revokedUsers = new Set<number>()
  const revokedSessions = new Set<string>()
  /** Steps that fail, by name, as often as the number says. */
  const failing = new Map<string, number>()

  const step = (name: string): void => {
    const left = failing.get(name) ?? 0
    if (left === 0) return
    failing.set(name, left - 1)
    throw unavailable(`${name}.unavailable`)
  }

  const keep = (userId: number, { id, tokenHash, at, expiresAt }: NewSession): void => {
    sessions.set(id, { userId, revoked: false, renewedAt: at })
    tokens.set(tokenHash.toString('hex'), { sessionId: id, expiresAt, used: false })
  }

  const liveOf = (hash: Buffer, at: Date) => {
    const token = tokens.get(hash.toString('hex'))
    const session = token && sessions.get(token.sessionId)
    const isGood = token && session && !token.used && token.expiresAt > at && !session.revoked
    return isGood ? { token, session } : undefined
  }

  const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest()

  const ports: UseCasePorts = {
    clock: { now: () => now },
    hideAccounts: false,
    allowPassword: () => {},
    accounts: {
      findByLogin: async (login) => [...accounts.values()].find(({ names }) => names.includes(login.toLowerCase())),
      findById: async (userId) => accounts.get(userId),
      ownersOf: async ({ username, email }) => {
        const owner = (name: string) => [...accounts.values()].find(({ names }) => names.includes(name))?.userId
        const [byName, byEmail] = [owner(username), owner(email)]
        return { ...(byName !== undefined && { username: byName }), ...(byEmail !== undefined && { email: byEmail }) }
      },
      changePassword: async ({ userId, oldHash, newHash }) => {
        const account = accounts.get(userId)
        if (account?.passwordHash !== oldHash) return undefined
        accounts.set(userId, { ...account, passwordHash: newHash })
        const ended = [...sessions].filter(([, session]) => session.userId === userId && !session.revoked)
        for (const [, session] of ended) session.revoked = true
        said.push('password.changed')
        return ended.map(([id, { renewedAt }]) => ({ id, renewedAt }))
      },
      rehash: async (userId, oldHash, newHash) => {
        step('rehash')
        const account = accounts.get(userId)
        if (account?.passwordHash === oldHash) accounts.set(userId, { ...account, passwordHash: newHash })
      },
      locked: async (userId) => void said.push(`user.locked ${userId}`),
    },
    sessions: {
      open: async (account, session) => {
        if (accounts.get(account.userId)?.passwordHash !== account.passwordHash) return false
        keep(account.userId, session)
        return true
      },
      rotate: async (hash, next) => {
        const live = liveOf(hash, next.at)
        if (!live) return undefined
        live.token.used = true
        tokens.set(next.tokenHash.toString('hex'), { ...live.token, expiresAt: next.expiresAt, used: false })
        const account = accounts.get(live.session.userId) as Account
        return { userId: account.userId, sessionId: live.token.sessionId, role: account.role }
      },
      end: async (hash, at) => {
        const live = liveOf(hash, at)
        if (!live) return ports.sessions.judge(hash, at)
        live.session.revoked = true
        return { outcome: 'accepted', userId: live.session.userId, sessionId: live.token.sessionId }
      },
      judge: async (hash, at) => {
        const token = tokens.get(hash.toString('hex'))
        const session = token && sessions.get(token.sessionId)
        if (!token?.used || !session || session.revoked || token.expiresAt <= at) return { outcome: 'refused' }
        session.revoked = true
        said.push('session.reuse-detected')
        return { outcome: 'reused', userId: session.userId, sessionId: token.sessionId }
      },
    },
    registrations: {
      open: async (registration) => {
        step('open')
        intents.set(registration.id, registration)
        return { id: registration.id }
      },
      drop: async (id) => {
        step('drop')
        intents.delete(id)
      },
      complete: async (id, profile, session) => {
        step('complete')
        const intent = intents.get(id)
        intents.delete(id)
        if (intent && !accounts.has(profile.id)) {
          const names = [profile.username, profile.email ?? ''].map((name) => name.toLowerCase())
          accounts.set(profile.id, { userId: profile.id, role: 'user', passwordHash: intent.passwordHash, names })
        }
        if (!accounts.has(profile.id)) throw userNotFound()
        if (session) keep(profile.id, session)
      },
      eachOpen: async (finish) => {
        const open = [...intents.values()]
        for (const registration of open) await finish(registration)
        return open.length
      },
    },
    profiles: {
      create: async ({ id, username, email, createdAt }) => {
        step('profile')
        const known = profiles.get(id)
        if (known) return known
        if ([...profiles.values()].some((profile) => profile.username === username)) throw usernameTaken()
        const at = createdAt.toISOString()
        const profile = { id: profiles.size + 1, username, email, created_at: at, updated_at: at }
        profiles.set(id, profile)
        step('profile answer')
        return profile
      },
    },
    passwords: {
      hash: async (password) => `hash of ${password}`,
      verify: async (hash, password) => {
        step('verify')
        return hash === `hash of ${password}` || hash === `old hash of ${password}`
      },
      isOutdated: (hash) => hash.startsWith('old'),
      verifyNothing: async () => {
        said.push('verified nothing')
        return false
      },
    },
    attempts: {
      make: async ({ account }, attempt) => {
        const count = (failures.get(account) ?? 0) + 1
        if (count > 5) throw tooManyAttempts(900)
        try {
          const result = await attempt(count === 5 ? new Date(now.getTime() + 900_000) : undefined)
          failures.delete(account)
          return result
        } catch (error) {
          if (!(error instanceof AppError) || error.kind !== 'unavailable') failures.set(account, count)
          throw error
        }
      },
    },
    refreshTokens: {
      make: () => {
        const token = randomUUID()
        return { token, hash: hashOf(token) }
      },
      hashOf,
    },
    accessTokens: { issue: async ({ userId, sessionId }) => `${userId}/${sessionId}` },
    revocations: {
      isUserRevoked: (userId) => revokedUsers.has(userId),
      revokeSessions: async (ids) => ids.forEach((id) => revokedSessions.add(id)),
    },
    signals: {
      refreshTokenReused: () => void said.push('reuse counted'),
      rehashFailed: () => void said.push('rehash failed'),
      registrationFinished: (_id, outcome) => void said.push(`registration ${outcome}`),
    },
  }

  return {
    ports,
    accounts,
    sessions,
    intents,
    profiles,
    said,
    failures,
    failing,
    revokedUsers,
    revokedSessions,
    setNow: (at: Date) => {
      now = at
    },
  }
}

/** Matches an AppError by its code, for `assert.rejects`. */
export const refusal =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof AppError && error.code === code
