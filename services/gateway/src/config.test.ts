import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig } from './config.ts'

const REDIS_URL = 'redis://:hunter22@127.0.0.1:6379'

test('only the address of Redis must be given; the rest suits a local system', () => {
  const { REDIS_URL: redis, ...rest } = loadConfig({ REDIS_URL })
  assert.equal(redis.reveal(), REDIS_URL)
  assert.deepEqual(rest, {
    HOST: '127.0.0.1',
    PORT: 8080,
    MANAGEMENT_PORT: 9080,
    LOG_LEVEL: 'info',
    FAULTS: false,
    JWT_ISSUER: 'pharos',
    JWT_AUDIENCE: 'pharos',
    JWKS_URL: 'http://127.0.0.1:8082/.well-known/jwks.json',
    USERS_URL: 'http://127.0.0.1:8081',
    AUTH_URL: 'http://127.0.0.1:8082',
    POSTS_URL: 'http://127.0.0.1:8083',
    NOTIFICATIONS_URL: 'http://127.0.0.1:8084',
    RELATIONS_URL: 'http://127.0.0.1:8085',
    UPSTREAM_TIMEOUT_MS: 10_000,
    MAX_LIVE_CONNECTIONS: 10_000,
    RATE_LIMIT: true,
    CORS_ORIGINS: [],
    TRUST_PROXY: [],
  })
  assert.throws(() => loadConfig({}), /REDIS_URL/)
})

test('lists are comma-separated', () => {
  const { CORS_ORIGINS, TRUST_PROXY } = loadConfig({
    REDIS_URL,
    CORS_ORIGINS: 'https://a, https://b',
    TRUST_PROXY: 'loopback,',
  })
  assert.deepEqual([CORS_ORIGINS, TRUST_PROXY], [['https://a', 'https://b'], ['loopback']])
})
