import { authApi } from '@pharos/platform/contracts/http/auth'
import type { Operation } from '@pharos/platform/contracts/http/define'
import { liveApi } from '@pharos/platform/contracts/http/live'
import { notificationsApi } from '@pharos/platform/contracts/http/notifications'
import { postsApi } from '@pharos/platform/contracts/http/posts'
import { relationsApi } from '@pharos/platform/contracts/http/relations'
import { usersApi } from '@pharos/platform/contracts/http/users'
import { z } from 'zod'
import type { Ask, Caller, Sent } from './caller.ts'
import type { Expected } from './expectations.ts'
import { join, memberOf, somebodyNew, type Member } from './people.ts'

/** An id that nobody has. */
const NOBODY = 999_999_999

const ofId = z.object({ id: z.number() })
const ofNotification = z.object({ notification_id: z.number() })

/** What somebody does, one request after the other: all members are followed by one other, `next` is who is followed. */
type Stage = { caller: Caller; me: Member; next: Member; other: Member }
export type Scene = (stage: Stage) => Promise<void>

const as =
  ({ caller, me }: Stage) =>
  (what: Expected, operation: Operation, ask: Ask = {}): Promise<Sent> =>
    caller.send(what, operation, { token: me.access, from: me.address, ...ask })

const anonymously =
  ({ caller, me }: Stage) =>
  (what: Expected, operation: Operation, ask: Ask = {}): Promise<Sent> =>
    caller.send(what, operation, { from: me.address, ...ask })

const readsUsers: Scene = async (stage) => {
  const { me, other } = stage
  const read = anonymously(stage)
  await read('searchUsers 200', usersApi.searchUsers, { query: { query: 'proof', limit: 5 } })
  await read('searchUsers 400', usersApi.searchUsers)
  await read('getUserByUsername 200', usersApi.getUserByUsername, { params: { username: me.username } })
  await read('getUserByEmail 200', usersApi.getUserByEmail, { params: { email: me.email } })
  await read('getUser 200', usersApi.getUser, { params: { id: other.id } })
  await as(stage)('getUser 200', usersApi.getUser, { params: { id: me.id } })
  await read('getUser 404', usersApi.getUser, { params: { id: NOBODY } })
}

const readsLists: Scene = async (stage) => {
  const { me, other } = stage
  const read = anonymously(stage)
  await read('listPosts 200', postsApi.listPosts, { query: { limit: 5 } })
  await read('listPosts 200', postsApi.listPosts, { query: { author_id: me.id } })
  await read('listPosts 400', postsApi.listPosts, { query: { limit: 0 } })
  await read('getPost 404', postsApi.getPost, { params: { id: NOBODY } })
  await read('listFollowers 200', relationsApi.listFollowers, { params: { user_id: me.id } })
  await read('listFollowees 200', relationsApi.listFollowees, { params: { user_id: other.id } })
  await read('listFollowers 404', relationsApi.listFollowers, { params: { user_id: NOBODY } })
}

const readsInbox: Scene = async (stage) => {
  const ask = as(stage)
  await ask('readFeed 200', notificationsApi.readFeed)
  await ask('countUnread 200', notificationsApi.countUnread)
  await ask('getNotification 404', notificationsApi.getNotification, { params: { id: NOBODY } })
  await ask('streamNotifications 200', liveApi.streamNotifications)
  await anonymously(stage)('readFeed 401', notificationsApi.readFeed)
  await anonymously(stage)('connectNotifications 426', liveApi.connectNotifications)
}

const writesPost: Scene = async (stage) => {
  const ask = as(stage)
  const { me, next } = stage
  const body = { title: 'A proof', content: 'That it can be found again.', tags: ['proof'] }
  const { data } = await ask('createPost 201', postsApi.createPost, { body })
  const params = { id: ofId.safeParse(data).data?.id ?? NOBODY }
  await ask('getPost 200', postsApi.getPost, { params })
  await ask('updatePost 200', postsApi.updatePost, { params, body: { title: `A proof of ${me.username}` } })
  const stranger = { params, token: next.access, from: next.address }
  await ask('updatePost 403', postsApi.updatePost, { ...stranger, body: { title: 'Mine' } })
  await ask('deletePost 200', postsApi.deletePost, { params })
  await ask('deletePost 404', postsApi.deletePost, { params })
  await ask('createPost 400', postsApi.createPost, { body: { title: '' } })
  await anonymously(stage)('createPost 401', postsApi.createPost, { body })
}

const changesProfile: Scene = async (stage) => {
  const ask = as(stage)
  const { me, next } = stage
  const bio = somebodyNew().bio
  await ask('updateUser 200', usersApi.updateUser, { params: { id: me.id }, body: { bio } })
  await ask('updateUserByBody 200', usersApi.updateUserByBody, { body: { id: me.id, full_name: bio } })
  await ask('changeAvatar 200', usersApi.changeAvatar, { body: { avatar_url: `https://example.org/${bio}.png` } })
  await ask('updateUser 403', usersApi.updateUser, { params: { id: next.id }, body: { bio } })
  await ask('updateUser 409', usersApi.updateUser, { params: { id: me.id }, body: { username: next.username } })
  await ask('deleteUser 403', usersApi.deleteUser, { params: { id: next.id } })
}

const follows: Scene = async (stage) => {
  const ask = as(stage)
  const { me, next, other } = stage
  await ask('follow 200', relationsApi.follow, { body: { followee_id: other.id } })
  await ask('follow 409', relationsApi.follow, { body: { followee_id: next.id } })
  await ask('unfollow 200', relationsApi.unfollow, { body: { followee_id: other.id } })
  await ask('unfollow 404', relationsApi.unfollow, { body: { followee_id: NOBODY } })
  await ask('follow 400', relationsApi.follow, { body: { followee_id: me.id } })
  await ask('follow 404', relationsApi.follow, { body: { followee_id: NOBODY } })
}

const sends: Scene = async (stage) => {
  const ask = as(stage)
  const { me, next } = stage
  const body = { user_id: me.id, type: 'proof', payload: { of: 'a request' } }
  const { data } = await ask('sendNotification 200', notificationsApi.sendNotification, { body })
  const params = { id: ofNotification.safeParse(data).data?.notification_id ?? NOBODY }
  await ask('getNotification 200', notificationsApi.getNotification, { params })
  const stranger = { params, token: next.access, from: next.address }
  await ask('getNotification 403', notificationsApi.getNotification, stranger)
  await ask('markRead 200', notificationsApi.markRead, { params })
  await ask('markRead 200 again', notificationsApi.markRead, { params })
  await ask('deleteNotification 200', notificationsApi.deleteNotification, { params })
  await ask('sendNotification 200', notificationsApi.sendNotification, { body })
  await ask('markAllRead 200', notificationsApi.markAllRead)
  await ask('sendNotification 404', notificationsApi.sendNotification, { body: { ...body, user_id: NOBODY } })
}

const comesAndGoes: Scene = async (stage) => {
  const { caller, me } = stage
  const guest = await join(caller)
  const ask = as({ ...stage, me: guest })
  const { username: login, password } = guest
  await ask('login 401', authApi.login, { body: { login, password: `${password}!` } })
  await ask('login 404', authApi.login, { body: { login: somebodyNew().username, password } })
  const again = await ask('login 200', authApi.login, { body: { login, password } })
  const { refresh } = memberOf(guest, again, guest.address)
  await ask('refresh 200', authApi.refresh, { body: { refresh_token: refresh } })
  await ask('refresh 401 reused', authApi.refresh, { body: { refresh_token: refresh } })
  await ask('refresh 401', authApi.refresh, { body: { refresh_token: 'nobody-has-it' } })
  await ask('register 409', authApi.register, { body: { ...somebodyNew(), username: me.username } })
  await ask('register 400', authApi.register, { body: { ...somebodyNew(), email: 'no address' } })
  await ask('logout 200', authApi.logout, { body: { refresh_token: guest.refresh } })
  const third = await ask('login 200', authApi.login, { body: { login, password } })
  const leaving = memberOf(guest, third, guest.address)
  await as({ ...stage, me: leaving })('deleteUser 204', usersApi.deleteUser, { params: { id: guest.id } })
}

const changesPassword: Scene = async (stage) => {
  const { caller, me } = stage
  const created = somebodyNew()
  await as(stage)('createUser 201', authApi.createUser, { body: created })
  const { username: login, password } = created
  const session = memberOf(
    created,
    await caller.send('login 200', authApi.login, { body: { login, password } }),
    me.address,
  )
  const body = { old_password: password, new_password: somebodyNew().password }
  await as({ ...stage, me: session })('updatePassword 200', authApi.updatePassword, { body })
}

/** Everything that is done, in turn, by everybody. */
export const SCENES: readonly Scene[] = [
  readsUsers,
  writesPost,
  readsLists,
  sends,
  readsInbox,
  changesProfile,
  follows,
  readsUsers,
  comesAndGoes,
  readsLists,
  readsInbox,
  changesPassword,
]
