import { userNotFound } from '../domain/follow.ts'
import type { UserId } from '../domain/follow.ts'
import { shown } from '../domain/listed-user.ts'
import type { ListedUser } from '../domain/listed-user.ts'
import type { FollowLists, ReadList, Users, Window } from './ports.ts'

export type ListPage = { readonly total: number; readonly users: readonly ListedUser[] }

type Ports = { readonly lists: FollowLists; readonly users: Users }

/** A page of a list. Cards that are missing in it are asked for once; who is still unknown then is shown as such. */
const readList = async (read: ReadList, users: Users, userId: UserId, window: Window): Promise<ListPage> => {
  let list = await read(userId, window)
  if (list.owner === 'deleted') throw userNotFound()
  if (list.owner === 'unknown' && !(await users.exists(userId))) throw userNotFound()

  const missing = list.listed.filter(({ card }) => card === 'missing').map(({ id }) => id)
  if (missing.length > 0 && (await users.lookUp(missing)).size > 0) list = await read(userId, window)
  return { total: list.total, users: list.listed.map(shown) }
}

export const readFollowers =
  ({ lists, users }: Ports) =>
  (userId: UserId, window: Window): Promise<ListPage> =>
    readList(lists.followersOf, users, userId, window)

export const readFollowees =
  ({ lists, users }: Ports) =>
  (userId: UserId, window: Window): Promise<ListPage> =>
    readList(lists.followeesOf, users, userId, window)
