import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { json } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { envelopeTarget } from '../spool-forward.ts'
import { temporaryHome } from '../temporary-home.ts'
import { bugsinkDsn, isBugsinkFetched, startBugsink } from './bugsink.ts'
import type { Server } from './server.ts'

const skip = !(await isBugsinkFetched()) && 'Bugsink is not in the cache: `npm run ops` fetches it'

type Alert = { alert_reason: string; title: string; url: string }

describe('a real Bugsink', { skip }, () => {
  const cleanup = new AsyncDisposableStack()
  const alerts: { path: string | undefined; alert: Alert }[] = []
  let bugsink: Server & { dsn: string }
  let database = ''
  before(async () => {
    const home = cleanup.use(await temporaryHome())
    const webhook = createServer((req, res) => {
      void json(req).then((alert) => {
        alerts.push({ path: req.url, alert: alert as Alert })
        res.end()
      })
    }).listen(0, '127.0.0.1')
    cleanup.defer(() => void webhook.close())
    await once(webhook, 'listening')
    const { port } = webhook.address() as AddressInfo
    const place = { dataDir: join(home.path, 'data'), logFile: join(home.path, 'log') }
    database = join(place.dataDir, 'db.sqlite3')
    const options = { ...place, secret: 'secret', webhookUrl: `http://127.0.0.1:${port}/errors` }
    bugsink = cleanup.use(await startBugsink(options))
  })
  after(() => cleanup.disposeAsync())

  const report = async (type: string): Promise<number> => {
    const { url, auth } = envelopeTarget(bugsink.dsn)
    const id = crypto.randomUUID().replaceAll('-', '')
    const event = {
      event_id: id,
      timestamp: Date.now() / 1000,
      platform: 'node',
      exception: { values: [{ type, value: 'planted' }] },
    }
    const body = [{ event_id: id }, { type: 'event' }, event].map((part) => JSON.stringify(part)).join('\n')
    const response = await fetch(url, { method: 'POST', headers: { 'x-sentry-auth': auth }, body })
    return response.status
  }

  const nextAlert = async (count: number): Promise<{ path: string | undefined; alert: Alert } | undefined> => {
    for (const deadline = performance.now() + 10_000; alerts.length < count;) {
      assert.ok(performance.now() < deadline, `only ${alerts.length} alerts`)
      await delay(20)
    }
    return alerts[count - 1]
  }

  test('an error becomes an issue and the webhook hears of it, once', async () => {
    assert.equal(await report('Boom'), 200)
    const first = await nextAlert(1)
    assert.equal(first?.path, '/errors')
    assert.deepEqual([first.alert.alert_reason, first.alert.title], ['NEW', 'Boom: planted'])
    assert.ok(first.alert.url.startsWith(`${bugsink.url}/issues/`))
    assert.equal(await report('Boom'), 200)
    assert.equal(await report('Crash'), 200)
    assert.equal((await nextAlert(2))?.alert.title, 'Crash: planted')
  })

  test('an issue that was resolved and comes back is told as a regression', async () => {
    using opened = new DatabaseSync(database, { timeout: 5000 })
    opened.exec('update issues_issue set is_resolved = 1, is_resolved_unconditionally = 1')
    const told = alerts.length
    assert.equal(await report('Boom'), 200)
    assert.equal((await nextAlert(told + 1))?.alert.alert_reason, 'REGRESSED')
  })

  test('it knows its errors and its DSN after a restart, and lets nobody in by another key', async () => {
    await bugsink.stop()
    await bugsink.start()
    assert.equal(bugsink.dsn, bugsinkDsn('secret', bugsink.port))
    const told = alerts.length
    assert.equal(await report('Boom'), 200)
    await delay(200)
    assert.equal(alerts.length, told)
    const { url } = envelopeTarget(bugsink.dsn)
    const { auth } = envelopeTarget(bugsinkDsn('another secret', bugsink.port))
    assert.equal((await fetch(url, { method: 'POST', headers: { 'x-sentry-auth': auth }, body: '{}\n' })).status, 403)
  })
})
