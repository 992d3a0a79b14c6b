import { randomBytes } from 'node:crypto'
import { authApi } from '@pharos/platform/contracts/http/auth'
import type { Operation } from '@pharos/platform/contracts/http/define'
import { liveApi } from '@pharos/platform/contracts/http/live'
import { notificationsApi } from '@pharos/platform/contracts/http/notifications'
import { postsApi } from '@pharos/platform/contracts/http/posts'
import { relationsApi } from '@pharos/platform/contracts/http/relations'
import { usersApi } from '@pharos/platform/contracts/http/users'
import type { Ask, Caller, Sent } from '../join/caller.ts'
import { memberOf, somebodyNew, type Member, type Registration } from '../join/people.ts'
import type { Secret } from './search.ts'

/** Notes what is secret while it is sent. */
export type Book = { secrets: readonly Secret[]; note(name: string, text: string): string }

export const openBook = (): Book => {
  const secrets: Secret[] = []
  return {
    secrets,
    note: (name, text) => {
      if (!secrets.some((known) => known.text === text)) secrets.push({ name, text })
      return text
    },
  }
}

const random = (): string => randomBytes(9).toString('base64url')

/** A text that nobody else writes, noted. */
const marked = (book: Book, name: string): string => book.note(name, `Marked-${random()}`)

export const newcomer = (book: Book): Registration => {
  const registration = somebodyNew()
  book.note('the password of a registration', registration.password)
  book.note('an e-mail address', registration.email)
  return { ...registration, bio: marked(book, 'a bio'), full_name: marked(book, 'a full name') }
}

/** Signs in what was answered, and notes the tokens; a part of a token would do as well as the whole. */
export const signedIn = (book: Book, registration: Registration, sent: Sent, from: string | undefined): Member => {
  const member = memberOf(registration, sent, from)
  book.note('an access token', member.access)
  book.note('the signature of an access token', member.access.split('.')[2] ?? '')
  book.note('a refresh token', member.refresh)
  return member
}

const operations: readonly Operation[] = [authApi, usersApi, postsApi, relationsApi, notificationsApi, liveApi].flatMap(
  (api) => Object.values<Operation>(api),
)

type Use = (caller: Caller, book: Book, me: Member) => Promise<void>

/** Requests of somebody, with a cookie in each. */
const asking =
  (caller: Caller, book: Book, me: Member) =>
  (operation: Operation, ask: Ask = {}): Promise<Sent> =>
    caller.send('marked', operation, {
      token: me.access,
      from: me.address,
      ...ask,
      headers: { cookie: `session=${marked(book, 'a cookie')}`, ...ask.headers },
    })

const usesAccounts: Use = async (caller, book, me) => {
  const ask = asking(caller, book, me)
  const other = newcomer(book)
  const wrong = (): string => marked(book, 'a wrong password')
  await ask(authApi.createUser, { body: other, headers: { 'idempotency-key': marked(book, 'an idempotency key') } })
  await ask(authApi.login, { body: { login: me.email, password: wrong() } })
  await ask(authApi.login, { body: { login: book.note('an unknown address', `x.${me.email}`), password: wrong() } })
  await ask(authApi.login, { text: `{"login":"${me.email}","password":"${wrong()}"` })
  await ask(authApi.login, { query: { password: wrong() }, body: {} })
  await ask(authApi.register, { body: { ...newcomer(book), email: marked(book, 'a bad address') } })
  await ask(authApi.register, { body: { ...newcomer(book), email: me.email } })
  const body = { old_password: wrong(), new_password: marked(book, 'a new password') }
  await ask(authApi.updatePassword, { body })
  await ask(authApi.refresh, { body: { refresh_token: marked(book, 'a refresh token of nobody') } })
  await ask(authApi.logout, { body: { refresh_token: marked(book, 'a refresh token of nobody') } })
}

const usesProfiles: Use = async (caller, book, me) => {
  const ask = asking(caller, book, me)
  const params = { id: me.id }
  await ask(usersApi.getUserByEmail, { params: { email: me.email } })
  await ask(usersApi.getUserByEmail, { params: { email: book.note('an unknown address', `y.${me.email}`) } })
  await ask(usersApi.getUserByUsername, { params: { username: me.email } })
  await ask(usersApi.searchUsers, { query: { query: me.email } })
  await ask(usersApi.searchUsers, { query: { query: marked(book, 'a search'), access_token: me.access } })
  await ask(usersApi.searchUsers, { query: { email: me.email, password: marked(book, 'a password in a query') } })
  await ask(usersApi.getUser, { params })
  await ask(usersApi.updateUser, { params, body: { bio: marked(book, 'a bio') } })
  await ask(usersApi.updateUser, { params, body: { email: book.note('a new address', `new.${me.email}`) } })
  await ask(usersApi.updateUserByBody, { body: { id: me.id, email: marked(book, 'a bad address') } })
  await ask(usersApi.changeAvatar, { body: { avatar_url: `no-url-${marked(book, 'a bad address of a picture')}` } })
  await ask(usersApi.updateUser, { params, body: {}, token: `${me.access}${marked(book, 'the end of a bad token')}` })
  await ask(usersApi.updateUser, { params, body: {}, token: me.refresh })
  const bad = { authorization: `Basic ${marked(book, 'a bad authorization')}` }
  await ask(usersApi.updateUser, { params, body: {}, headers: bad })
}

const usesTexts: Use = async (caller, book, me) => {
  const ask = asking(caller, book, me)
  const post = () => ({
    title: marked(book, 'the title of a post'),
    content: marked(book, 'the content of a post'),
    tags: [marked(book, 'a tag')],
    media_items: [{ url: `https://example.org/${marked(book, 'the address of a picture')}.png`, type: 'image' }],
  })
  const { data } = await ask(postsApi.createPost, { body: post() })
  const params = { id: (data as { id?: number } | undefined)?.id ?? 0 }
  await ask(postsApi.updatePost, { params, body: post() })
  await ask(postsApi.getPost, { params })
  await ask(postsApi.createPost, { body: { ...post(), title: '' } })
  await ask(postsApi.createPost, { text: `{"title":"${marked(book, 'the title of a post')}"` })
  await ask(postsApi.listPosts, { query: { tag: marked(book, 'a tag that is looked for') } })
  await ask(postsApi.listPosts, { query: { cursor: marked(book, 'a bad cursor') } })
  await ask(postsApi.deletePost, { params })
  await ask(relationsApi.follow, { body: { followee_id: me.id, note: marked(book, 'a field of nobody') } })
  await ask(relationsApi.listFollowers, { params: { user_id: me.id }, query: { token: me.access } })
  const payload = () => ({ text: marked(book, 'the text of a notification') })
  const body = () => ({ user_id: me.id, type: 'marked', payload: payload() })
  await ask(notificationsApi.sendNotification, { body: body() })
  await ask(notificationsApi.sendNotification, { body: { ...body(), type: '' } })
  await ask(notificationsApi.readFeed, { query: { token: me.refresh } })
}

/** An id that nobody has. */
const NOBODY = 999_999_999
const SOMETHING = { username: 'nobody-here', email: 'nobody@example.org', id: NOBODY, user_id: NOBODY }

/** Every route there is, with a token where none belongs: in the query, in the body, and in the header of WebSockets. */
const usesEveryRoute: Use = async (caller, book, me) => {
  const ask = asking(caller, book, me)
  for (const operation of operations) {
    const query = { access_token: me.access, refresh_token: me.refresh, email: me.email }
    const isRead = operation.methods[0] === 'get'
    const body = { token: me.access, password: marked(book, 'a password where none belongs'), email: me.email }
    const headers = { 'sec-websocket-protocol': `bearer, ${me.access}`, 'x-api-key': marked(book, 'a key in a header') }
    await ask(operation, { params: SOMETHING, query, headers, ...(!isRead && { body }) })
  }
}

/** Ways to use every route with values that are nobody's business, well and badly. */
export const USES: readonly Use[] = [usesAccounts, usesProfiles, usesTexts, usesEveryRoute]
