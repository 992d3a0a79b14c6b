import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig } from './config.ts'

const complete = {
  POSTGRES_URL: 'postgres://relations:pass-of-relations@127.0.0.1:5432/relations',
  REDIS_URL: 'redis://127.0.0.1:6379',
  KAFKA_BROKERS: '127.0.0.1:9092',
  SERVICE_TOKEN_SECRET: 'a-secret-of-more-than-thirty-two-characters',
}

test('the stores and the secret have no default, the rest has', () => {
  const { PORT, MANAGEMENT_PORT, HOST, USERS_URL } = loadConfig(complete)
  assert.deepEqual([HOST, PORT, MANAGEMENT_PORT, USERS_URL], ['127.0.0.1', 8085, 9085, 'http://127.0.0.1:8081'])
  assert.throws(
    () => loadConfig({ USERS_URL: 'users' }),
    /POSTGRES_URL[^]*REDIS_URL[^]*KAFKA_BROKERS[^]*SERVICE_TOKEN_SECRET[^]*USERS_URL/,
  )
})

test('what is printed of it holds no secret', () => {
  assert.doesNotMatch(JSON.stringify(loadConfig(complete)), /pass-of-relations|a-secret-of/)
})
