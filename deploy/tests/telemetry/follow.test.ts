import assert from 'node:assert/strict'
import { test } from 'node:test'
import { execa } from 'execa'
import { somebody } from '@pharos/platform/testing/api-client'
import { ROOT } from '../../local/settings.ts'
import { dataOf } from '../answers.ts'
import { takeDatabaseAway } from '../database-away.ts'
import { startTestSystem } from '../test-system.ts'

test('whoever has the id of an answer is told its story, also of what has only just happened', async () => {
  await using platform = await startTestSystem({ receivers: 'files' })
  const api = platform.client()
  const follow = (id: string) =>
    execa('node', ['deploy/follow/main.ts', id], { cwd: ROOT, env: { PHAROS_HOME: platform.home }, reject: false })

  const registered = await api.register(somebody())
  dataOf(registered, 201)
  const story = await follow(registered.headers['x-correlation-id'] ?? '')
  assert.equal(story.exitCode, 0, story.stderr)
  assert.match(story.stdout, /^POST \/api\/v1\/auth\/register {2}201 /m)
  assert.match(story.stdout, /^gateway, auth, users\b.* · \d+ spans · 3 log lines · \d messages?/m)
  assert.match(story.stdout, /└ createProfile +users/)
  assert.match(story.stdout, /users ─▶ .*pharos\.users\.v1/)

  await using _away = await takeDatabaseAway(platform.system, 'users')
  const refused = await api.user(424_242)
  assert.equal(refused.status, 503)
  const fault = await follow(refused.body?.trace_id ?? '')
  assert.equal(fault.exitCode, 0, fault.stderr)
  assert.match(fault.stdout, /✖ {2}AppError: service unavailable {2}users · \/api\/v1\/users\/:id/)
  assert.match(fault.stdout, /caused by .*not currently accepting connections/)
  assert.match(fault.stdout, /ERROR {2}users +GET \/api\/v1\/users\/:id 503/)
})
