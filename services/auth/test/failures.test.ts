import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { eventually } from '@pharos/platform/testing/eventually'
import { startStoreProxy } from '@pharos/platform/testing/store-proxy'
import { refusal, refused, validationFailed } from '@pharos/platform/testing/refusals'
import { startAuth } from './auth-service.ts'

const unavailable = refused(503, 'service unavailable', 'SERVICE_UNAVAILABLE')

describe('without Postgres', () => {
  test('credentials are 503, tokens and keys are good as before, and all works when it is back', async () => {
    let proxy: Awaited<ReturnType<typeof startStoreProxy>> | undefined
    await using auth = await startAuth({
      postgresBy: async (url) => {
        proxy = await startStoreProxy(url)
        return proxy.url
      },
    })
    assert.ok(proxy)
    const ada = await auth.join()
    await proxy.cut()
    const login = await auth.api.login(ada.username, ada.password)
    assert.deepEqual(refusal(login), unavailable)
    assert.ok(Number(login.headers['retry-after']) >= 1)
    assert.deepEqual(refusal(await auth.refresh(ada.tokens.refresh_token)), unavailable)
    assert.deepEqual(refusal(await auth.tryToken(ada.tokens.access_token)), validationFailed)
    assert.equal((await fetch(`${auth.url}/.well-known/jwks.json`)).status, 200)
    await eventually(async () => assert.equal((await fetch(`${auth.managementUrl}/readyz`)).status, 503))

    await proxy.mend()
    await eventually(async () => assert.equal((await fetch(`${auth.managementUrl}/readyz`)).status, 200))
    assert.equal((await auth.api.login(ada.username, ada.password)).status, 200)
    assert.equal((await auth.refresh(ada.tokens.refresh_token)).status, 200)
    await proxy.cut()
  })
})

describe('too many passwords at once', () => {
  test('are refused with 503, and the account is not locked by it', async () => {
    await using auth = await startAuth({ environment: { PASSWORD_CONCURRENCY: '1', PASSWORD_QUEUE_MAX: '2' } })
    const ada = await auth.join()
    const answers = await Promise.all(Array.from({ length: 5 }, () => auth.api.login(ada.username, ada.password)))
    const shed = answers.filter(({ status }) => status === 503)
    assert.ok(shed.length > 0)
    assert.deepEqual(refusal(shed[0]!), refused(503, 'service unavailable', 'SERVICE_UNAVAILABLE'))
    assert.match(await auth.metrics(), /load_shed_total\{reason="passwords"\} [1-9]/)
    for (let count = 0; count < 3; count += 1) {
      assert.equal((await auth.api.login(ada.username, ada.password)).status, 200)
    }
  })
})
