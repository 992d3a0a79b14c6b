import { loginCall, read, registerCall, send, sessionOf, times, type Scenario } from './scenario.ts'
import { SOCIAL_SCENARIOS } from './social-scenarios.ts'
import { VARIANT_NAMES } from './variants.ts'

const HOT_PROFILES = 100
const PAGES = 10
const CHANGES = 200
/** More than one connection can ask for while every password is hashed. */
const REGISTRATIONS_PER_SECOND = 50

const LAYERED = VARIANT_NAMES.filter((name) => name !== 'grown')

const ACCOUNT_SCENARIOS = {
  profile: {
    about: `read one of ${HOT_PROFILES} profiles, held in the service's memory`,
    variants: LAYERED,
    calls: ({ profiles, connections }, connection) =>
      times(HOT_PROFILES, (index) => {
        const turned = (index + Math.floor((connection * HOT_PROFILES) / connections)) % HOT_PROFILES
        return read(`/users/${profiles.first + turned}`)
      }),
  },
  'profile-uncached': {
    about: 'read a profile that neither the service nor Redis holds',
    variants: ['off', 'all', 'all-10%'],
    coldRedis: true,
    // Each slice goes on where the last one ended, so that a profile comes back only after all the others.
    calls: ({ profiles, connections, asked }, connection) =>
      times(Math.floor(profiles.count / connections), (index) => {
        const place = (asked + index * connections + connection) % profiles.count
        return read(`/users/${profiles.first + place}`)
      }),
  },
  search: {
    about: 'ten of a hundred profiles with a surname, and their number; a search is repeated after thousands of others',
    variants: ['off', 'all', 'all-10%'],
    calls: ({ surnames, connections }, connection) =>
      times(Math.floor((surnames.length * PAGES) / connections), (index) => {
        const place = index * connections + connection
        const page = 1 + Math.floor(place / surnames.length)
        return read(`/users/search?query=${surnames[place % surnames.length]}&page=${page}`)
      }),
  },
  update: {
    about: 'change the own profile; the event to Kafka and what its consumer does are counted',
    variants: ['off', 'all', 'all-10%'],
    signedIn: true,
    calls: (slice, connection) => {
      const { userId, token } = sessionOf(slice, connection)
      return times(CHANGES, (index) =>
        send('PUT', `/users/${userId}`, { bio: `change ${slice.serial}.${index}` }, token),
      )
    },
  },
  login: {
    about: 'sign in with username and password',
    variants: ['off', 'all'],
    calls: (_slice, connection) => [loginCall(connection)],
  },
  register: {
    about: 'create an account; its events are counted',
    variants: ['off', 'all'],
    calls: ({ serial, seconds }, connection) =>
      times(seconds * REGISTRATIONS_PER_SECOND, (index) => registerCall(`new-${serial}-${connection}-${index}`)),
  },
} satisfies Record<string, Scenario>

const ALL = { ...ACCOUNT_SCENARIOS, ...SOCIAL_SCENARIOS }

export type ScenarioName = keyof typeof ALL
export const SCENARIO_NAMES = Object.keys(ALL) as readonly ScenarioName[]
export const SCENARIOS: Readonly<Record<ScenarioName, Scenario>> = ALL
