import type { Say } from '../local/progress.ts'
import { read, type Session, type Social } from './scenario.ts'
import { ask, forEach } from './seed.ts'
import { createPostCall, followCall } from './social-scenarios.ts'

/** The connections' accounts are the first of them. */
export const SOCIAL_PEOPLE = 500
const AUTHORS = { from: 300, count: 200 }
const POSTS = 2_000
const FOLLOWERS = { ofAccount: 10, ofCelebrity: 40 }
const CELEBRITIES = 121
/** Whoever follows is neither an account, nor followed, nor an author, so that nothing but what is asked for sets anything else in motion. */
const FOLLOWING = { from: 137, count: 163 }

const placesOf = ({ from, count }: { from: number; count: number }): number[] =>
  Array.from({ length: count }, (_, index) => from + index)

/** Follower and followee, by place: 5,000 for 16 connections. */
const followsOf = (connections: number): [number, number][] => {
  const followed = placesOf({ from: 0, count: connections + CELEBRITIES })
  return followed.flatMap((followee) => {
    const count = followee < connections ? FOLLOWERS.ofAccount : FOLLOWERS.ofCelebrity
    return Array.from({ length: count }, (_, index): [number, number] => {
      const follower = FOLLOWING.from + ((followee * 7 + index) % FOLLOWING.count)
      return [follower, followee]
    })
  })
}

/**
 * Through the API, so that everything is as it would be: posts, then follows, each of which makes a notification. The
 * order spares the followers hearing of every post.
 */
export const seedSocial = async (
  url: string,
  people: readonly Session[],
  o: { connections: number; posts: number | undefined; say: Say },
): Promise<Social> => {
  const { connections, posts: count = POSTS, say } = o
  const at = (place: number): Session => {
    const session = people[place]
    if (session === undefined) throw new Error(`nobody is registered at place ${place}`)
    return session
  }
  const posts = await forEach(count, async (index) => {
    const author = at(AUTHORS.from + (index % AUTHORS.count))
    return ((await ask(url, createPostCall(index, author))) as { id: number }).id
  })
  say('seed', `${count} posts`)
  const follows = followsOf(connections)
  await forEach(follows.length, async (index) => {
    const [follower, followee] = follows[index] ?? [0, 0]
    await ask(url, followCall('follow', at(followee).userId, at(follower)))
  })
  say('seed', `${follows.length} follows`)
  return {
    authors: placesOf(AUTHORS).map((place) => at(place).userId),
    posts,
    celebrities: placesOf({ from: connections, count: CELEBRITIES }).map((place) => at(place).userId),
  }
}

/** A slice may end between a follow and its unfollow. */
export const endFollows = async (url: string, sessions: readonly Session[]): Promise<void> => {
  await forEach(sessions.length, async (index) => {
    const session = sessions[index]
    if (session === undefined) return
    const data = await ask(url, read(`/relation/${session.userId}/followees?limit=100`))
    const { followees } = data as { followees: { id: number }[] }
    for (const { id } of followees) await ask(url, followCall('unfollow', id, session))
  })
}
