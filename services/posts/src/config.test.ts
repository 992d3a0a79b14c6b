import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig } from './config.ts'

const complete = {
  POSTGRES_URL: 'postgres://posts:pass-of-posts@127.0.0.1:5432/posts',
  REDIS_URL: 'redis://127.0.0.1:6379',
  KAFKA_BROKERS: '127.0.0.1:9092',
  SERVICE_TOKEN_SECRET: 'a-secret-of-more-than-thirty-two-characters',
}

test('the stores and the secret have no default, the rest has', () => {
  const { PORT, MANAGEMENT_PORT, HOST, USERS_URL } = loadConfig(complete)
  assert.deepEqual([HOST, PORT, MANAGEMENT_PORT, USERS_URL], ['127.0.0.1', 8083, 9083, 'http://127.0.0.1:8081'])
  assert.throws(
    () => loadConfig({ SERVICE_TOKEN_SECRET: 'short', USERS_URL: 'nowhere' }),
    /POSTGRES_URL[^]*REDIS_URL[^]*KAFKA_BROKERS[^]*SERVICE_TOKEN_SECRET: at least 32 characters[^]*USERS_URL/,
  )
})

test('what is printed of it holds no secret', () => {
  const printed = JSON.stringify(loadConfig(complete))
  assert.doesNotMatch(printed, /pass-of-posts|a-secret-of/)
})
