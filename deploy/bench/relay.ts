import { setTimeout as delay } from 'node:timers/promises'
import { topics } from '@pharos/platform/contracts/topics'
import type pg from 'pg'
import { Failure } from '../local/failure.ts'
import type { Say } from '../local/progress.ts'
import type { VariantSystem } from './bench-system.ts'
import { untilAtRest } from './rest.ts'
import { withClient } from './seed.ts'
import { spread } from './statistics.ts'

const EVENTS = 20_000
const TIMES = 3
const LOOK_EVERY_MS = 50
const PATIENCE_MS = 120_000

/** Changes of a bio, of which nobody keeps a copy: consumers read and check them, and write nothing. */
const FILL = `
INSERT INTO outbox (event_id, topic, key, type, source, payload, occurred_at)
SELECT gen_random_uuid(), $1, id::text, 'user.updated', $2, json_build_object('id', id, 'username', username,
  'email', email, 'full_name', full_name, 'bio', bio, 'version', version, 'changed', json_build_array('bio')), now()
FROM users WHERE id >= $3 ORDER BY id LIMIT $4`

const untilEmpty = async (client: pg.Client): Promise<void> => {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const { rowCount } = await client.query('SELECT FROM outbox LIMIT 1')
    if (rowCount === 0) return
    if (performance.now() > deadline) throw new Failure('The outbox was not emptied within two minutes.')
    await delay(LOOK_EVERY_MS)
  }
}

/** The relay deletes an event when Kafka has acknowledged it, so an empty outbox means that the topic has all. */
const emptyOnce = async (client: pg.Client, first: number): Promise<number> => {
  const { name, source } = topics.users
  const { rowCount } = await client.query(FILL, [name, source, first, EVENTS])
  if (rowCount !== EVENTS) throw new Failure(`${rowCount} events were stored in place of ${EVENTS}.`)
  const begun = performance.now()
  await client.query("SELECT pg_notify('outbox', '')")
  await untilEmpty(client)
  return EVENTS / ((performance.now() - begun) / 1000)
}

/** Events per second through the relay of the users service, several times. */
export const measureRelay = (
  { databases, profiles, pids }: VariantSystem,
  say: Say,
): Promise<{ text: string; figures: { events: number; perSecond: number[] } }> =>
  withClient(databases.users ?? '', async (client) => {
    const perSecond: number[] = []
    for (let round = 1; round <= TIMES; round += 1) {
      await untilAtRest(Object.values(pids()))
      perSecond.push(await emptyOnce(client, profiles.first))
      say('relay', `${round} of ${TIMES}: ${Math.round(perSecond.at(-1) ?? 0)} events/s`)
    }
    const { median, min, max } = spread(perSecond)
    const text = `${Math.round(median)} events/s (${Math.round(min)}–${Math.round(max)})`
    return { text, figures: { events: EVENTS, perSecond } }
  })
