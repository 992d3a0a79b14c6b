import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { z } from 'zod'
import {
  ConfigError,
  kafkaSettings,
  listenSettings,
  onOff,
  originList,
  parseConfig,
  postgresSettings,
  Secret,
  serviceTokenSettings,
} from './config.ts'

const schema = z.object({
  ...listenSettings(8081),
  ...postgresSettings,
  ...kafkaSettings,
  ...serviceTokenSettings,
  RATE_LIMIT: onOff('on'),
  CORS_ORIGINS: originList.default([]),
})

const COMPLETE = {
  POSTGRES_URL: 'postgres://users:hunter22@127.0.0.1/users',
  KAFKA_BROKERS: '127.0.0.1:9092, 127.0.0.2:9092,',
  SERVICE_TOKEN_SECRET: 'x'.repeat(32),
}

const faultOf = (env: NodeJS.ProcessEnv): ConfigError => {
  try {
    parseConfig(schema, env)
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error
  }
  return assert.fail('the configuration was accepted')
}

test('every fault is named in one message, by its variable', () => {
  const { message } = faultOf({ PORT: '99999', LOG_LEVEL: 'chatty', RATE_LIMIT: 'maybe' })
  const wanted = ['PORT', 'LOG_LEVEL', 'RATE_LIMIT', 'POSTGRES_URL', 'KAFKA_BROKERS', 'SERVICE_TOKEN_SECRET']
  for (const name of wanted) assert.match(message, new RegExp(`^  ${name}: `, 'm'))
  assert.equal(message.split('\n').length, wanted.length + 1)
})

test('a faulty value is never printed', () => {
  const { message } = faultOf({
    POSTGRES_URL: 'mysql://root:hunter22@db/users',
    SERVICE_TOKEN_SECRET: 'hunter22-too-short',
    LOG_LEVEL: 'hunter22',
    KAFKA_BROKERS: 'hunter22',
    PORT: 'hunter22',
  })
  assert.doesNotMatch(message, /hunter22/)
})

test('empty variables count as absent: defaults apply and required ones are missing', () => {
  const config = parseConfig(schema, { ...COMPLETE, PORT: '', LOG_LEVEL: '', CORS_ORIGINS: '' })
  assert.deepEqual(
    [config.PORT, config.MANAGEMENT_PORT, config.LOG_LEVEL, config.CORS_ORIGINS],
    [8081, 9081, 'info', []],
  )
  assert.match(faultOf({ ...COMPLETE, POSTGRES_URL: '' }).message, /POSTGRES_URL/)
})

test('a parsed configuration is frozen and typed', () => {
  const config = parseConfig(schema, { ...COMPLETE, PORT: '0', RATE_LIMIT: 'off' })
  assert.ok(Object.isFrozen(config))
  assert.deepEqual([config.PORT, config.RATE_LIMIT], [0, false])
  assert.deepEqual(config.KAFKA_BROKERS, ['127.0.0.1:9092', '127.0.0.2:9092'])
  assert.equal(config.POSTGRES_URL.reveal(), COMPLETE.POSTGRES_URL)
})

test('a secret prints as [redacted] in JSON, inspect, templates and spread copies, and reveals itself when asked', () => {
  const secret = new Secret('hunter22')
  const prints = [
    JSON.stringify({ secret }),
    inspect({ deep: [{ secret }] }, { depth: null, showHidden: true }),
    `${secret}`,
    String(secret),
    JSON.stringify({ ...secret }),
  ]
  for (const print of prints) assert.doesNotMatch(print, /hunter22/)
  assert.equal(JSON.stringify({ secret }), '{"secret":"[redacted]"}')
  assert.equal(secret.reveal(), 'hunter22')
})

test('a whole configuration can be logged without its secrets', () => {
  const config = parseConfig(schema, COMPLETE)
  assert.doesNotMatch(`${JSON.stringify(config)}${inspect(config)}`, /hunter22|xxxx/)
})
