import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authApi } from '@pharos/platform/contracts/http/auth'
import { liveApi } from '@pharos/platform/contracts/http/live'
import { notificationsApi } from '@pharos/platform/contracts/http/notifications'
import { postsApi } from '@pharos/platform/contracts/http/posts'
import { relationsApi } from '@pharos/platform/contracts/http/relations'
import { topics } from '@pharos/platform/contracts/topics'
import { usersApi } from '@pharos/platform/contracts/http/users'
import { SERVICE_NAMES } from '../../local/services.ts'
import { answeringOf, EXPECTATIONS, servicesOf, statusOf, type Expectation } from './expectations.ts'

const api = { ...authApi, ...usersApi, ...postsApi, ...relationsApi, ...notificationsApi, ...liveApi }
const expectations: readonly (readonly [what: string, expected: Expectation])[] = Object.entries(EXPECTATIONS)

test('every route of the API is expected', () => {
  const expected = new Set(expectations.map(([what]) => what.split(' ')[0]))
  assert.deepEqual(
    Object.keys(api).filter((id) => !expected.has(id)),
    [],
  )
})

test('every expectation is of a route, of its service, and of services and topics that there are', () => {
  const names = new Set([...SERVICE_NAMES, 'live', ...Object.values(topics).map(({ name }) => name)])
  for (const [what, expected] of expectations) {
    const operation = Object.values(api).find(({ id }) => id === what.split(' ')[0])
    assert.ok(operation, what)
    assert.ok(statusOf(what) >= 200, what)
    const { edges, optional = [] } = expected
    for (const name of [...edges, ...optional].flatMap((edge) => edge.split(/[→⇒]/)))
      assert.ok(names.has(name), `${what}: ${name}`)
    if (edges.length > 0) assert.ok(edges.includes(`gateway→${operation.service}`), what)
  }
})

test('the services of a trace are those of its edges; those that are called write a line each', () => {
  const { 'register 201': registration } = EXPECTATIONS
  assert.deepEqual([...servicesOf(registration)].toSorted(), [
    'auth',
    'gateway',
    'notifications',
    'posts',
    'relations',
    'users',
  ])
  assert.deepEqual([...answeringOf(registration)].toSorted(), ['auth', 'gateway', 'users'])
})
