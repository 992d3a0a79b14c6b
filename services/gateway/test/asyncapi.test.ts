import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { after, test } from 'node:test'
import { Ajv } from 'ajv'
import type { AnySchemaObject } from 'ajv'
import addFormats from 'ajv-formats'
import specification from '@asyncapi/specs/schemas/3.0.0-without-$id.json' with { type: 'json' }
import type { EventContract } from '@pharos/platform/contracts/events/define'
import { topics } from '@pharos/platform/contracts/topics'
import { startGateway } from './start-gateway.ts'

type Json = { readonly [key: string]: unknown }
type Message = { readonly headers: { readonly properties: Record<string, { const?: string }> }; readonly payload: Json }
type Channel = { readonly address: string; readonly messages: Record<string, { readonly $ref: string }> }
type Document = Json & {
  readonly channels: Record<string, Channel>
  readonly operations: Record<string, { readonly action: string; readonly channel: { readonly $ref: string } }>
  readonly components: { readonly messages: Record<string, Message> }
}

const EVENTS = new URL('../../../platform/src/contracts/events/', import.meta.url)

const gateway = await startGateway()
after(() => gateway[Symbol.asyncDispose]())
const document = (await (await fetch(`${gateway.url}/asyncapi.json`)).json()) as Document

/** Every event contract that lies in the folder, whoever knows of it. */
const contracts = async (): Promise<EventContract[]> => {
  const files = (await readdir(EVENTS)).filter((file) => /\.v\d+\.ts$/.test(file))
  const modules = await Promise.all(files.map((file) => import(new URL(file, EVENTS).href) as Promise<Json>))
  const found = modules.flatMap((module) =>
    Object.values(module).filter(
      (value): value is EventContract => typeof value === 'object' && value !== null && 'topic' in value,
    ),
  )
  assert.equal(found.length, files.length)
  return found
}

const resolve = (pointer: string): unknown =>
  pointer
    .slice(2)
    .split('/')
    .reduce<unknown>((at, key) => (at as Json | undefined)?.[key], document)

test('the document is AsyncAPI 3.0.0 by the schema of its makers', () => {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true })
  // Its types are those of a CommonJS module that is its own default.
  ;(addFormats as unknown as (ajv: Ajv) => void)(ajv)
  const validate = ajv.compile(specification as AnySchemaObject)
  void validate(document)
  assert.deepEqual(validate.errors, null)
})

test('every event contract is a message in the channel of its topic, and there is no other', async () => {
  const all = await contracts()
  const inTopics = Object.values(topics).flatMap(({ name }) => {
    const channel = Object.values(document.channels).find(({ address }) => address === name)
    assert.ok(channel, `${name} has no channel`)
    return Object.keys(channel.messages).map((type) => `${name} ${type}`)
  })
  assert.deepEqual(inTopics.toSorted(), all.map(({ topic, type }) => `${topic.name} ${type}`).toSorted())
})

test('a message has the headers of CloudEvents, and a payload that takes what the contract takes', async () => {
  const ajv = new Ajv({ strict: false })
  ;(addFormats as unknown as (ajv: Ajv) => void)(ajv)
  for (const { type, topic } of await contracts()) {
    const message = document.components.messages[type] ?? assert.fail(type)
    assert.deepEqual(
      [message.headers.properties['ce_type']?.const, message.headers.properties['ce_source']?.const],
      [type, topic.source],
    )
    assert.ok(ajv.compile(message.payload), type)
  }
  const follow = ajv.compile(document.components.messages['follow.created']?.payload ?? {})
  assert.ok(follow({ follower_id: 1, followee_id: 2 }))
  assert.ok(!follow({ follower_id: 1 }) && !follow({ follower_id: 0, followee_id: 2 }))
})

test('each service sends to its own topic, and every reference resolves', () => {
  for (const [owner, topic] of Object.entries(topics)) {
    const sends = document.operations[`${owner}Publishes`]
    assert.deepEqual([sends?.action, sends?.channel.$ref], ['send', `#/channels/${owner}`])
    assert.equal(document.channels[owner]?.address, topic.name)
  }
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(
    ([, pointer]) => pointer as string,
  )
  for (const pointer of references) assert.ok(resolve(pointer), `${pointer} leads nowhere`)
})

test('the live connections are channels too', () => {
  const addresses = Object.values(document.channels).map(({ address }) => address)
  assert.ok(addresses.includes('/api/v1/notification/stream') && addresses.includes('/api/v1/notification/ws'))
})
