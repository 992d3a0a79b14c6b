import { setTimeout as delay } from 'node:timers/promises'
import { notificationsApi, type FeedPageView } from '@pharos/platform/contracts/http/notifications'
import { relationsApi } from '@pharos/platform/contracts/http/relations'
import { Failure } from '../local/failure.ts'
import type { Say } from '../local/progress.ts'
import { openApi, type Api } from '../traffic/api.ts'
import type { VariantSystem } from './bench-system.ts'
import type { Session } from './scenario.ts'
import { forEach, registerNamed } from './seed.ts'
import { percentile } from './statistics.ts'

const STARS = 50
const FANS = 60
const PER_SECOND = 50
const LOOK_EVERY_MS = 10
const LOST_AFTER_MS = 10_000
/** A star gets one follow a second, so among so many is everything that can be on its way. */
const PAGE = 20
/** More than anybody can have got. */
const WHOLE = 100

/** Latencies in ms, from the answer to the follow. `lost` never came, `doubled` came more than once. */
export type Delivery = {
  follows: number
  p50: number
  p95: number
  p99: number
  max: number
  lost: number
  doubled: number
}

/** Who is said to follow, by a page of somebody's feed. */
export const followersIn = ({ notifications }: Pick<FeedPageView, 'notifications'>): number[] =>
  notifications.flatMap(({ type, payload }) =>
    type === 'follow_created' ? [(payload as { follower_id: number }).follower_id] : [],
  )

/** What became of follows that were all accepted, by what the feeds show in the end. */
export const countDelivered = (
  follows: readonly { follower: number; followee: number }[],
  feeds: ReadonlyMap<number, readonly number[]>,
): { lost: number; doubled: number } => {
  const times = follows.map(
    ({ follower, followee }) => feeds.get(followee)?.filter((shown) => shown === follower).length ?? 0,
  )
  return { lost: times.filter((count) => count === 0).length, doubled: times.filter((count) => count > 1).length }
}

const readFeed = async (api: Api, { token }: Session, limit: number): Promise<number[]> => {
  const answer = await api.ask(notificationsApi.readFeed, { query: { limit }, token })
  if (answer.status !== 200) throw new Failure(`A feed was answered ${answer.status ?? answer.fault}.`)
  return followersIn(answer.data as FeedPageView)
}

/** Follows, then looks until it can be seen; the time between, or undefined for never. */
const followAndLook = async (api: Api, fan: Session, star: Session): Promise<number | undefined> => {
  const answer = await api.ask(relationsApi.follow, { body: { followee_id: star.userId }, token: fan.token })
  if (answer.status !== 200) throw new Failure(`A follow was answered ${answer.status ?? answer.fault}.`)
  const answered = performance.now()
  for (;;) {
    const shown = await readFeed(api, star, PAGE)
    const waited = performance.now() - answered
    if (shown.includes(fan.userId)) return waited
    if (waited > LOST_AFTER_MS) return undefined
    await delay(LOOK_EVERY_MS)
  }
}

/** Who follows whom, by place: each pair once, and neighbours in time have neither in common. */
export const pairsOf = (fans: number, stars: number): { fan: number; star: number }[] =>
  Array.from({ length: fans * stars }, (_, index) => {
    const star = index % stars
    return { star, fan: (Math.floor(index / stars) + star) % fans }
  })

/** Every fan follows every star, at an even pace that waits for nothing. */
const followAll = (api: Api, fans: readonly Session[], stars: readonly Session[]) => {
  const begun = performance.now()
  return Promise.all(
    pairsOf(fans.length, stars.length).map(async (pair, index) => {
      await delay(Math.max(0, begun + (index * 1000) / PER_SECOND - performance.now()))
      const [fan, star] = [fans[pair.fan] as Session, stars[pair.star] as Session]
      return { follower: fan.userId, followee: star.userId, ms: await followAndLook(api, fan, star) }
    }),
  )
}

/**
 * By polling the feed every ten milliseconds, so each figure holds about half of that, and the time of the request that saw it. Duplicates and losses are
 * counted by the whole feeds in the end.
 */
export const measureDelivery = async (
  { url, variant }: VariantSystem,
  say: Say,
): Promise<{ text: string; figures: Delivery }> => {
  const people = await forEach(STARS + FANS, (index) => registerNamed(url, `delivery-${index}`))
  const [stars, fans] = [people.slice(0, STARS), people.slice(STARS)]
  await using api = openApi({ url, mark: `delivery-${variant}`, connections: 256 })
  say('delivery', `${stars.length * fans.length} follows, ${PER_SECOND} per second`)
  const follows = await followAll(api, fans, stars)
  const feeds = new Map<number, number[]>()
  for (const star of stars) feeds.set(star.userId, await readFeed(api, star, WHOLE))
  const latencies = Float64Array.from(follows.flatMap(({ ms }) => (ms === undefined ? [] : [ms]))).toSorted()
  const [p50 = 0, p95 = 0, p99 = 0, max = 0] = [0.5, 0.95, 0.99, 1].map((share) => percentile(latencies, share))
  const figures = { follows: follows.length, p50, p95, p99, max, ...countDelivered(follows, feeds) }
  const rounded = [p50, p95, p99, max].map((ms) => ms.toFixed(0))
  const text = `p50 ${rounded[0]}, p95 ${rounded[1]}, p99 ${rounded[2]}, longest ${rounded[3]}`
  return { text: `${text}; of ${figures.follows} ${figures.lost} lost, ${figures.doubled} doubled`, figures }
}
