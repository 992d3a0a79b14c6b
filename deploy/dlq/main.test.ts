import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { deadLetterTopic } from '@pharos/platform/contracts/topics'
import { userDeleted } from '@pharos/platform/contracts/events/user-deleted.v1'
import { connectProducer } from '@pharos/platform/kafka/producer'
import { testTopics } from '@pharos/platform/testing/stores'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
const TOPIC = userDeleted.topic.name
const DAY_MS = 24 * 60 * 60 * 1000

/** Topics with two events among the dead letters, and the command on them. */
const openLetters = async (stack: AsyncDisposableStack, time = new Date()) => {
  const { brokers, topicPrefix } = stack.use(await testTopics({ only: [TOPIC] }))
  const producer = stack.use(await connectProducer({ brokers, clientId: 'test', topicPrefix }))
  const events = [1, 2].map((id) => userDeleted.event({ id, version: 3 }, time))
  const topic = deadLetterTopic(TOPIC)
  await producer.publish(events.map((event) => ({ ...event, topic, data: JSON.stringify(event.data) })))
  const dlq = (...args: string[]) => command({ KAFKA_BROKERS: brokers.join(','), TOPIC_PREFIX: topicPrefix }, ...args)
  return { events, dlq }
}

const command = (
  env: Record<string, string>,
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env: { ...process.env, ...env } }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    )
  })

test('list, show and replay: the whole way of two events out of the dead letters', async () => {
  await using stack = new AsyncDisposableStack()
  const { events, dlq } = await openLetters(stack)
  const listed = await dlq('list')
  assert.deepEqual([listed.code, listed.stderr], [0, ''])
  assert.match(listed.stdout, /^pharos\.users\.v1\.dlq: 2\n/)
  for (const { id } of events) assert.ok(listed.stdout.includes(id))

  const shown = await dlq('show', 'users', '1')
  assert.match(shown.stdout, new RegExp(`ce_id +${events[1]?.id}\n`))
  assert.match(shown.stdout, /"version": 3/)

  assert.match((await dlq('replay', 'users', '1')).stdout, /It stays in pharos\.users\.v1\.dlq/)
  assert.match((await dlq('list', 'users')).stdout, /^pharos\.users\.v1\.dlq: 2\n/)
  assert.match(
    (await dlq('replay', 'users')).stdout,
    /^Published 2 events to pharos\.users\.v1 again and removed 2 dead letters/,
  )
  assert.match((await dlq('list', 'users')).stdout, /^pharos\.users\.v1\.dlq: empty\n/)
  assert.match((await dlq('replay', 'users')).stdout, /nothing to replay/)
})

test('an event that is older than the memory of its consumers is replayed only when that is said', async () => {
  await using stack = new AsyncDisposableStack()
  const { dlq } = await openLetters(stack, new Date(Date.now() - 8 * DAY_MS))
  const refused = await dlq('replay', 'users')
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /^✖ The event at offset 0 is of .* With --old it is replayed all the same\.\n$/)
  assert.match((await dlq('replay', 'users', '--old')).stdout, /^Published 2 /)
})

test('whatever is not there is said in one sentence', async () => {
  await using stack = new AsyncDisposableStack()
  const { dlq } = await openLetters(stack)
  assert.match((await dlq('show', 'users', '2')).stderr, /^✖ Nothing lies at offset 2 of .*, only from 0 to 1\.\n$/)
  assert.match((await dlq('list', 'posts')).stderr, /^✖ There is no topic .*pharos\.posts\.v1\.dlq\.\n$/)
  const away = { KAFKA_BROKERS: '127.0.0.1:1' }
  const { code, stdout, stderr } = await command(away, 'list')
  assert.deepEqual([code, stdout], [1, ''])
  assert.match(stderr, /^✖ Kafka does not answer at 127\.0\.0\.1:1 \(.*ECONNREFUSED.*\)\.\n$/)
  const elsewhere = await command({ ...away, KAFKA_BROKERS: '', TOPIC_PREFIX: '' }, 'list', 'walks')
  assert.match(elsewhere.stderr, /^✖ There is no topic "walks"/)
})
