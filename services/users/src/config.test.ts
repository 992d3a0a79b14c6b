import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig } from './config.ts'

const complete = {
  POSTGRES_URL: 'postgres://users:pass-of-users@127.0.0.1:5432/users',
  REDIS_URL: 'redis://127.0.0.1:6379',
  KAFKA_BROKERS: '127.0.0.1:9092',
  SERVICE_TOKEN_SECRET: 'a-secret-of-more-than-thirty-two-characters',
}

test('the stores and the secret have no default, the rest has', () => {
  const { PORT, MANAGEMENT_PORT, HOST, JWT_ISSUER } = loadConfig(complete)
  assert.deepEqual([HOST, PORT, MANAGEMENT_PORT, JWT_ISSUER], ['127.0.0.1', 8081, 9081, 'pharos'])
  assert.throws(
    () => loadConfig({ SERVICE_TOKEN_SECRET: 'short' }),
    /POSTGRES_URL[^]*REDIS_URL[^]*KAFKA_BROKERS[^]*SERVICE_TOKEN_SECRET: at least 32 characters/,
  )
})

test('what is printed of it holds no secret', () => {
  const printed = JSON.stringify(loadConfig(complete))
  assert.doesNotMatch(printed, /pass-of-users|a-secret-of/)
})
