import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { on } from '../../src/kafka/consumer.ts'
import { appendEvents } from '../../src/postgres/outbox.ts'
import { counted, openWorld, readTopic, writeEffect } from './world.ts'

const range = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

test('a relay that is killed between publishing and deleting: the next one takes over, nothing lost, nothing doubled', async () => {
  await using stack = new AsyncDisposableStack()
  const { url, db, brokers, topicPrefix, consume, effectsAre } = await openWorld(stack)
  await db.transaction((tx) =>
    appendEvents(
      tx,
      range(20).map((n) => counted.event({ key: 'k', n })),
    ),
  )
  const relay = (fate: string) => {
    const script = new URL('./relay-process.ts', import.meta.url).pathname
    return spawn(process.execPath, [script, url.reveal(), brokers.join(','), topicPrefix, fate], { stdio: 'ignore' })
  }
  for (let deaths = 0; deaths < 2; deaths += 1) {
    const [, signal] = (await once(relay('dies'), 'exit')) as [number | null, string | null]
    assert.equal(signal, 'SIGKILL')
  }
  const survivor = relay('lives')
  stack.defer(() => void survivor.kill('SIGKILL'))
  stack.use(consume({ handlers: [on(counted, writeEffect)] }))
  assert.equal((await readTopic(brokers, `${topicPrefix}pharos.users.v1`, 60)).length, 60)
  await effectsAre(range(20))
})
