import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import type { TokenPair } from '@pharos/platform/contracts/http/auth'
import { somebody, userIdOf } from '@pharos/platform/testing/api-client'
import { eventually } from '@pharos/platform/testing/eventually'
import type { ServiceServer } from '../../local/components/service.ts'
import { dataOf } from '../answers.ts'
import { takeDatabaseAway } from '../database-away.ts'
import { openSocket, openStream } from '../live-client.ts'
import { startTestSystem } from '../test-system.ts'
import type { TestSystem } from '../test-system.ts'

let platform: TestSystem
before(async () => {
  platform = await startTestSystem({ env: { RATE_LIMIT: 'off', LOG_LEVEL: 'debug' } })
})
after(() => platform?.[Symbol.asyncDispose]())

const marked = (correlationId: string) => ({ 'x-correlation-id': correlationId })

/** Sends secrets in by every route, well and badly, and gives all of them. */
const useEverySecret = async (): Promise<string[]> => {
  const api = platform.client()
  const headers = marked('secrets')
  const [person, other] = [somebody(), somebody()]
  const passwords = ['next-secret-9Zq', 'wrong-secret-7Kx', 'short-secret-5Wv']
  const [next = '', wrong = ''] = passwords
  const tokens: TokenPair[] = []
  const take = (pair: TokenPair): TokenPair => {
    tokens.push(pair)
    return pair
  }
  const registered = take(dataOf(await api.register(person, { headers }), 201))
  const id = userIdOf(registered.access_token)
  const loggedIn = take(dataOf(await api.login(person.email, person.password, { headers }), 200))
  const token = loggedIn.access_token
  const moved = `moved.${person.email}`
  await api.login(person.email, wrong, { headers })
  await api.login(`unknown.${person.email}`, wrong, { headers })
  await api.register(person, { headers })
  await api.register({ ...person, email: 'no-address', password: wrong }, { headers })
  await api.post('/auth/login', undefined, { text: `{"login":"${person.email}","password":"${wrong}"`, headers })
  await api.post('/users', other, { token, headers: { ...headers, 'idempotency-key': 'secret-key' } })
  for (const path of [`/users/email/${encodeURIComponent(person.email)}`, `/users/email/${person.email}`])
    await api.get(path, { token, headers })
  await api.get(`/users/email/${person.email}/nothing`, { headers })
  await api.get(`/users/username/${person.email}`, { headers })
  await api.get(`/users/search?query=${encodeURIComponent(person.email)}`, { headers })
  await api.get(`/users/search?access_token=${token}`, { headers })
  await api.user(id, { token, headers })
  await api.put(`/users/${id}`, { email: moved, bio: 'x' }, { token, headers })
  await api.put('/users', { id, email: 'no-address' }, { token, headers })
  await api.put(`/users/${id}`, { bio: 'x' }, { token: `${token}x`, headers })
  await api.put(`/users/${id}`, { bio: 'x' }, { token: registered.refresh_token, headers })
  const refreshed = take(
    dataOf(await api.post<TokenPair>('/auth/refresh', { refresh_token: loggedIn.refresh_token }, { headers }), 200),
  )
  await api.post('/auth/refresh', { refresh_token: loggedIn.refresh_token }, { headers })
  await api.post('/auth/logout', { refresh_token: refreshed.refresh_token }, { headers })
  await eventually(async () => assert.ok((await platform.eventsHandledByAuth()) > 0))
  const last = take(dataOf(await api.login(moved, person.password, { headers }), 200))
  await api.put(
    '/auth/update-password',
    { old_password: person.password, new_password: next },
    { token: last.access_token, headers },
  )
  const deleter = take(dataOf(await api.login(moved, next, { headers }), 200))
  const words = await useSocialRoutes(id, deleter.access_token)
  await faultsWithSecrets(moved, next, deleter)
  assert.equal((await api.delete(`/users/${id}`, { token: deleter.access_token, headers })).status, 204)
  const addresses = [person.email, other.email, moved].flatMap((email) => [
    email,
    email.toUpperCase(),
    encodeURIComponent(email),
  ])
  const tokenTexts = tokens.flatMap(({ access_token: access, refresh_token: refresh }) => [
    access,
    access.split('.')[2] ?? '',
    refresh,
  ])
  return [person.password, other.password, ...passwords, ...words, ...addresses, ...tokenTexts]
}

/** What people write to each other is nobody's business either. Gives the words of it. */
const useSocialRoutes = async (userId: number, token: string): Promise<string[]> => {
  const api = platform.client()
  const words = ['title-secret-3Qp', 'content-secret-8Lm', 'tag-secret-2Vb', 'payload-secret-1Rt']
  const [title, content, tag = '', payload] = words
  const headers = marked('secrets')
  const post = { title, content, tags: [tag], media_items: [{ url: 'https://example.org/1.png', type: 'image' }] }
  const notification = { user_id: userId, type: 'note', payload: { payload } }
  const use = async (options: { token: string; headers: Record<string, string> }): Promise<void> => {
    await api.post('/posts', post, options)
    await api.get(`/posts/list?tag=${tag}`, options)
    await api.post('/posts', { ...post, title: '' }, options)
    await api.post('/notification/send', notification, options)
    await api.post('/notification/send', { ...notification, type: '' }, options)
    await api.get('/notification/feed', options)
    await api.post('/relation/follow', { followee_id: userId }, options)
    await api.get(`/relation/${userId}/followers`, options)
  }
  using stream = await openStream(platform.system.url, { token })
  using socket = await openSocket(platform.system.url, { token })
  await use({ token, headers: { ...headers, 'idempotency-key': 'secret-key' } })
  await eventually(() => assert.deepEqual([stream.messages.length, socket.messages.length], [1, 1]))
  await use({ token: `${token}x`, headers })
  await using _posts = await takeDatabaseAway(platform.system, 'posts')
  await using _notifications = await takeDatabaseAway(platform.system, 'notifications')
  const fault = { token, headers: marked('secrets-fault') }
  assert.equal((await api.post('/posts', post, fault)).status, 503)
  assert.equal((await api.get(`/posts/list?tag=${tag}`, fault)).status, 503)
  assert.equal((await api.post('/notification/send', notification, fault)).status, 503)
  return words
}

/** The same while the databases are away: error paths are where values leak. */
const faultsWithSecrets = async (
  email: string,
  password: string,
  { access_token: token, refresh_token: refresh }: TokenPair,
) => {
  const api = platform.client()
  const headers = marked('secrets-fault')
  {
    await using _auth = await takeDatabaseAway(platform.system, 'auth')
    assert.equal((await api.login(email, password, { headers })).status, 503)
    assert.equal((await api.register(somebody({ email: `new.${email}`, password }), { headers })).status, 503)
    assert.equal((await api.post('/auth/refresh', { refresh_token: refresh }, { headers })).status, 503)
  }
  {
    await using _users = await takeDatabaseAway(platform.system, 'users')
    assert.equal((await api.get(`/users/email/${email}`, { token, headers })).status, 503)
    assert.equal((await api.get(`/users/search?query=${email}`, { headers })).status, 503)
    assert.equal(
      (await api.put(`/users/${userIdOf(token)}`, { email: `more.${email}` }, { token, headers })).status,
      503,
    )
  }
  await eventually(async () => {
    assert.equal((await api.login(email, password, { headers })).status, 200)
    assert.equal((await api.get(`/users/email/${email}`, { headers })).status, 200)
  })
}

const ofEachService = async (
  read: (service: ServiceServer) => Promise<string>,
): Promise<[signal: string, text: string][]> =>
  Promise.all(
    Object.values(platform.system.services).map(async (service): Promise<[string, string]> => [
      service.name,
      await read(service),
    ]),
  )

/** Where a text was found, with what stands around it, but not the text itself. */
const around = (text: string, secret: string): string => {
  const at = text.indexOf(secret)
  return `${text.slice(Math.max(0, at - 160), at)}⟨…⟩${text.slice(at + secret.length, at + secret.length + 60)}`
}

test('no password, token or e-mail address is in any signal, whatever went well or wrong', async () => {
  const secrets = await useEverySecret()
  const { serviceToken, keyEncryption, databases } = platform.system.secrets
  secrets.push(serviceToken, keyEncryption, ...Object.values(databases))
  await platform.otlp.waitFor(() => platform.otlp.tracesOf('secrets').length > 20 || undefined, 'the spans')
  await platform.sentry.waitFor((events) => events.length >= 9 || undefined, 'the error events')
  const metrics = await ofEachService(({ name }) => platform.metricsOf(name))
  // Stopping is the way to be sure that everything was written and sent.
  await Promise.all(Object.values(platform.system.services).map((service) => service.stop()))
  const logs = await ofEachService(({ logFile }) => readFile(logFile, 'utf8'))
  const signals: [signal: string, text: string, sign: RegExp][] = [
    ['spans', platform.otlp.bodies.join('\n'), /"secrets"/],
    ['error events', platform.sentry.bodies.join('\n'), /secrets-fault/],
    ...logs.map(([name, text]): [string, string, RegExp] => [`the log of ${name}`, text, /"secrets"/]),
    ...metrics.map(([name, text]): [string, string, RegExp] => [`the metrics of ${name}`, text, /# EOF/]),
  ]
  for (const [signal, text, sign] of signals) {
    assert.match(text, sign, `${signal} must hold something to search in`)
    for (const secret of secrets) assert.ok(!text.includes(secret), `${signal} hold a secret: ${around(text, secret)}`)
  }
})
