import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findCluster } from './cluster.ts'
import { readSettings } from '../local/settings.ts'

const settings = (env: Record<string, string>) => ({ ...readSettings(env), home: '/nowhere' })

test('brokers that are named win, and the prefix of topics goes with them', () =>
  assert.deepEqual(findCluster(settings({ KAFKA_BROKERS: 'a:9092, b:9092', TOPIC_PREFIX: 'blue.' })), {
    brokers: ['a:9092', 'b:9092'],
    topicPrefix: 'blue.',
  }))

test('where nothing runs and nothing is named it says what to do', () =>
  assert.throws(() => findCluster(settings({})), /No Kafka is known: "npm start" starts one here, and KAFKA_BROKERS/))
