import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { authApi } from '@pharos/platform/contracts/http/auth'
import { z } from 'zod'
import { SERVICE_NAMES } from '../../local/services.ts'
import { openCaller, type Caller, type Sent } from '../join/caller.ts'
import { takesFaults, whileFailing } from '../join/flag.ts'
import { newMark } from '../join/population.ts'
import type { Member } from '../join/people.ts'
import type { Finding, Live, Part, Proof } from '../part.ts'
import { absencesIn } from '../stores/present.ts'
import { lookUntil } from '../stores/until.ts'
import { newcomer, openBook, signedIn, USES, type Book } from './marked.ts'
import { around, needlesIn, secretsIn } from './search.ts'
import { placesOf, type Place, type Wanted } from './texts.ts'

const WITHIN_MS = 60_000
const EVERY_MS = 2000
const MARGIN_MS = 2000
/** Spans and exemplars of what follows a request by Kafka come that much later. */
const FOLLOWS_MS = 8000

const installation = z.object({ databases: z.record(z.string(), z.string()) }).catchall(z.string())

/** The passwords and keys of the installation itself; read only, because what runs has the file. */
const noteInstallation = ({ settings }: Live, book: Book): void => {
  const file = join(settings.home, 'secrets.json')
  if (!existsSync(file)) return
  const { databases, ...others } = installation.parse(JSON.parse(readFileSync(file, 'utf8')))
  for (const [name, text] of Object.entries(others)) book.note(`the installation's ${name}`, text)
  for (const [name, text] of Object.entries(databases)) book.note(`the database password of ${name}`, text)
}

const signIn = async (caller: Caller, book: Book): Promise<Member> => {
  const registration = newcomer(book)
  const from = caller.newAddress()
  const registered = await caller.send('marked', authApi.register, { body: registration, from })
  signedIn(book, registration, registered, from)
  const body = { login: registration.email, password: registration.password }
  return signedIn(book, registration, await caller.send('marked', authApi.login, { body }), from)
}

/**
 * Each service is made to fail for all of it as well: the ways of errors are where values leak. Each time it is somebody
 * else, because of what one person may send in a minute.
 */
const sendAll = async (live: Live, caller: Caller, book: Book, faults: boolean): Promise<void> => {
  for (const service of [undefined, ...(faults ? SERVICE_NAMES : [])]) {
    const me = await signIn(caller, book)
    const useAll = async (): Promise<void> => {
      for (const use of USES) await use(caller, book, me)
    }
    await (service === undefined ? useAll() : whileFailing(live, service, useAll))
    await caller.send('marked', authApi.logout, { body: { refresh_token: me.refresh }, from: me.address })
  }
}

type Needles = { all: readonly string[]; faults: readonly string[]; traces: readonly string[] }

/** What must be found, which shows that the search does find; undefined when all of it was. */
const controlFault = ({ control }: Place, texts: readonly string[], needles: Needles): string | undefined => {
  const lostOf = (wanted: readonly string[], what: string): string | undefined => {
    const lost = wanted.length - needlesIn(texts, wanted).size
    return lost === 0 ? undefined : `${lost} of ${wanted.length} ${what} are not found in it`
  }
  switch (control) {
    case 'every marked request':
      return lostOf(needles.all, 'marked requests')
    case 'every marked fault':
      return lostOf(needles.faults, 'marked faults')
    case 'a marked trace':
      return needlesIn(texts, needles.traces).size > 0 ? undefined : 'no marked trace is found in it'
    case 'the watchdog':
      return needlesIn(texts, ['Watchdog']).size > 0 ? undefined : 'not even the watchdog is found in it'
  }
}

const search = async (
  live: Live,
  place: Place,
  wanted: () => Wanted,
  o: { needles: Needles; book: Book },
): Promise<Finding> => {
  const what = `no secret is in ${place.name}`
  const look = async () => {
    const texts = await place.read(wanted())
    return { texts, fault: controlFault(place, texts, o.needles) }
  }
  const isWhole = ({ fault }: { fault: string | undefined }): boolean => fault === undefined
  const { texts, fault } = await lookUntil(look, isWhole, {
    withinMs: WITHIN_MS,
    everyMs: EVERY_MS,
    signal: live.signal,
  })
  const [first, ...others] = secretsIn(texts, o.book.secrets)
  if (first !== undefined) {
    const more = others.length === 0 ? '' : ` and ${others.length} more`
    return { what, verdict: 'failed', detail: `${first.name}${more}: ${around(texts, first)}` }
  }
  if (fault !== undefined) return { what, verdict: 'failed', detail: `the search proves nothing: ${fault}` }
  const bytes = texts.reduce((sum, text) => sum + text.length, 0)
  return {
    what,
    verdict: 'proven',
    detail: `${(bytes / 1_000_000).toFixed(1)} MB searched; found in it: ${place.control}`,
  }
}

const NO_FAULTS = 'the services run without FAULTS=on, so no error event could be marked'

const needlesOf = (sent: readonly Sent[]): Needles => ({
  all: sent.map(({ correlationId }) => `"${correlationId}"`),
  faults: sent.filter(({ status = 0 }) => status >= 500).map(({ correlationId }) => `"${correlationId}"`),
  traces: sent.map(({ traceId }) => traceId),
})

const prove = async (live: Live): Promise<Proof> => {
  const absences = await absencesIn(live)
  const faults = await takesFaults(live)
  const book = openBook()
  noteInstallation(live, book)
  await using caller = openCaller({ url: live.api, mark: newMark('secrets') })
  const fromMs = Date.now() - MARGIN_MS
  await sendAll(live, caller, book, faults)
  live.say('secrets', `${caller.sent.length} requests with ${book.secrets.length} secrets are sent; looking for those`)
  await pause(FOLLOWS_MS, undefined, { signal: live.signal })
  const needles = needlesOf(caller.sent)
  const wanted = (): Wanted => ({
    window: { fromMs, toMs: Date.now() + MARGIN_MS },
    traceIds: needles.traces,
  })
  const findings: Finding[] = []
  for (const place of placesOf(live)) {
    const absent = place.store && absences[place.store]
    const unmarked = place.control === 'every marked fault' && !faults ? NO_FAULTS : undefined
    const detail = absent ?? unmarked
    if (detail === undefined) findings.push(await search(live, place, wanted, { needles, book }))
    else findings.push({ what: `no secret is in ${place.name}`, verdict: 'not proven', detail })
  }
  const figures = {
    requests: caller.sent.length,
    secrets: book.secrets.length,
    faults: needles.faults.length,
    'refused as too many': caller.sent.filter(({ status }) => status === 429).length,
  }
  return { findings, figures }
}

/** What people send in confidence is in no store of telemetry. */
export const secretsPart: Part = {
  name: 'secrets',
  claim: 'No password, token, cookie, e-mail address or text of a user is in any store of telemetry.',
  prove,
}
