import { parseArgs } from 'node:util'
import { Failure } from '../local/failure.ts'
import type { SeedOptions } from './seed.ts'
import type { TrafficOptions } from './run-traffic.ts'

const USAGE = {
  seed: `Usage: npm run seed -- [options]
  --users n            people (1000)
  --posts-per-user n   posts that each has at least (4)
  --follows-per-user n whom each follows, on average (10)
  --seed n             the same number makes the same people (42)
  --url u              where the API is (http://127.0.0.1:8080)`,
  run: `Usage: npm run traffic -- [options]
  --rate n             requests per second, on average over a day (20)
  --seconds n          how long (300)
  --users n            people who take part (200)
  --day n              seconds of a day, over which the rate swings by 60 % (600)
  --seed n             the same number makes the same people and actions (42)
  --url u              where the API is (http://127.0.0.1:8080)`,
}

const SEED = { users: 1000, 'posts-per-user': 4, 'follows-per-user': 10, seed: 42 }
const RUN = { rate: 20, seconds: 300, users: 200, day: 600, seed: 42 }

type Numbers = Readonly<Record<string, number>>

const numberOf = (option: string, text: string, least: number): number => {
  if (/^\d{1,7}$/.test(text) && Number(text) >= least) return Number(text)
  throw new Failure(`--${option} is "${text}", but it takes a whole number from ${least}.`)
}

const urlOf = (text: string): string => {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return new URL(text).origin
  throw new Failure(`--url is "${text}", but it takes an address such as http://127.0.0.1:8080.`)
}

const read = (args: readonly string[], names: readonly string[], usage: string) => {
  try {
    const text = { type: 'string' } as const
    return parseArgs({ args: [...args], options: Object.fromEntries([...names, 'url'].map((name) => [name, text])) })
      .values
  } catch (error) {
    throw new Failure(`${error instanceof Error ? error.message : String(error)}\n${usage}`, { cause: error })
  }
}

const LEAST: Numbers = { users: 2, 'posts-per-user': 0, 'follows-per-user': 0, seed: 0 }

const parse = <N extends Numbers>(args: readonly string[], defaults: N, o: { url: string; usage: string }) => {
  const given = read(args, Object.keys(defaults), o.usage)
  const numbers = Object.entries(defaults).map(([name, fallback]) => {
    const text = given[name]
    return [name, typeof text === 'string' ? numberOf(name, text, LEAST[name] ?? 1) : fallback]
  })
  const url = typeof given['url'] === 'string' ? urlOf(given['url']) : o.url
  return { ...(Object.fromEntries(numbers) as N), url }
}

/** What to make, from the command line; throws a Failure that names the option at fault. `url` is where the API is otherwise. */
export const parseSeedOptions = (args: readonly string[], url: string): SeedOptions => {
  const {
    'posts-per-user': postsPerUser,
    'follows-per-user': followsPerUser,
    ...others
  } = parse(args, SEED, {
    url,
    usage: USAGE.seed,
  })
  return { ...others, postsPerUser, followsPerUser }
}

export const parseTrafficOptions = (args: readonly string[], url: string): TrafficOptions =>
  parse(args, RUN, { url, usage: USAGE.run })
