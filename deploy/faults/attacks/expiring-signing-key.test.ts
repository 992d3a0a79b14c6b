import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import pg from 'pg'
import { overrideFile, readOverrides } from '../../local/overrides.ts'
import { startPostgres } from '../../local/components/postgres.ts'
import { freePort } from '../../local/ports.ts'
import { readSettings } from '../../local/settings.ts'
import { Supervisor } from '../../local/supervisor.ts'
import { temporaryHome } from '../../local/temporary-home.ts'
import { inject } from '../inject.ts'
import { versioned } from '../injectors/versioned-fixture.ts'
import { targetOf } from '../target.ts'

const HOUR_MS = 3_600_000
const ACTIVE_FROM = '2026-11-20T10:11:12.345Z'

test('the signing key ends in six hours, with auth told to wait, and is as old as it was after the repair', async () => {
  await using stack = new AsyncDisposableStack()
  const { path: home } = stack.use(await temporaryHome())
  await mkdir(join(home, 'logs'))
  const place = { dataDir: join(home, 'postgres'), logFile: join(home, 'logs/postgres.log') }
  const postgres = stack.use(await startPostgres({ ...place, password: 'secret', durable: false }))
  const supervisor = new Supervisor({ home, say: () => {} })
  stack.defer(() => supervisor.down())
  const port = await freePort()
  await supervisor.up([versioned(home, 'auth', port)])

  const admin = new pg.Client({ connectionString: postgres.url })
  await admin.connect()
  await admin.query('CREATE DATABASE pharos_auth')
  await admin.end()
  const url = new URL(postgres.url)
  url.pathname = '/pharos_auth'
  const auth = new pg.Client({ connectionString: url.href })
  auth.on('error', () => {})
  await auth.connect()
  stack.defer(() => auth.end())
  await auth.query('CREATE TABLE signing_keys (kid text, active_from timestamptz)')
  await auth.query(`INSERT INTO signing_keys VALUES ('a', '${ACTIVE_FROM}'), ('old', '2026-10-20T10:11:12Z')`)
  const activeFrom = async (kid: string): Promise<Date | undefined> =>
    (await auth.query<{ active_from: Date }>('SELECT active_from FROM signing_keys WHERE kid = $1', [kid])).rows[0]
      ?.active_from

  const plain = targetOf({ ...readSettings({}), home, given: { postgres: postgres.url } })
  const target = { ...plain, management: { ...plain.management, auth: `http://127.0.0.1:${port}` } }
  const attack = { name: 'key', injection: { by: 'attack', name: 'expiring-signing-key' } } as const
  const { repair } = await inject(attack, target)
  const leftMs = ((await activeFrom('a'))?.getTime() ?? 0) + 30 * 24 * HOUR_MS - Date.now()
  assert.ok(leftMs > 5.9 * HOUR_MS && leftMs < 6.1 * HOUR_MS, `${leftMs} ms are left`)
  assert.equal(readOverrides(overrideFile(home, 'auth'))['KEY_PUBLISH_AHEAD_HOURS'], '1')

  await repair()
  assert.equal((await activeFrom('a'))?.toISOString(), ACTIVE_FROM)
  assert.equal((await activeFrom('old'))?.toISOString(), '2026-10-20T10:11:12.000Z')
  assert.deepEqual(readOverrides(overrideFile(home, 'auth')), {})

  await auth.query(`INSERT INTO signing_keys VALUES ('next', now() + interval '1 day')`)
  await assert.rejects(inject(attack, target), /Failure: A successor of the signing key is published already/)
})
