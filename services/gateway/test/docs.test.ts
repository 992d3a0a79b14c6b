import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { publicOperations } from '../src/operations.ts'
import { startGateway } from './start-gateway.ts'

type Json = { readonly [key: string]: unknown }
type Described = {
  readonly operationId: string
  readonly summary: string
  readonly tags: readonly string[]
  readonly parameters: readonly {
    readonly name: string
    readonly in: string
    readonly required: boolean
    readonly schema: Json
  }[]
  readonly requestBody?: { readonly content: Record<string, { readonly schema: Json }> }
  readonly responses: Record<
    string,
    { readonly description: string; readonly content?: Record<string, { readonly schema: Json }> }
  >
  readonly security?: readonly Json[]
}

const gateway = await startGateway()
after(() => gateway[Symbol.asyncDispose]())
const document = (await (await fetch(`${gateway.url}/openapi.json`)).json()) as Json & {
  readonly paths: Record<string, Record<string, Described>>
}
const described = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
)

test('the document is OpenAPI 3.1.0 with a title, a version, a licence and the prefix of the API', () => {
  assert.equal(document['openapi'], '3.1.0')
  const { title, version, license } = document['info'] as Json
  assert.ok(title && version && license)
  assert.deepEqual(document['servers'], [{ url: '/api/v1' }])
})

test('every operation is there under each of its methods and paths, and nothing else', () => {
  const wanted = publicOperations.flatMap(({ methods, paths }) =>
    methods.flatMap((method) => paths.map((path) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`)),
  )
  assert.deepEqual(described.map(({ path, method }) => `${method} ${path}`).toSorted(), wanted.toSorted())
  assert.ok(!JSON.stringify(document).includes('/internal'))
})

test('operation ids are there and unique, so that clients can be generated', () => {
  const ids = described.map(({ operation }) => operation.operationId)
  assert.equal(new Set(ids).size, ids.length)
  for (const id of ids) assert.match(id, /^[A-Za-z]\w*$/)
})

test('every reference resolves, and none is left that only its own schema understands', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(
    ([, reference]) => reference as string,
  )
  assert.ok(references.length > 0)
  for (const reference of references) {
    assert.match(reference, /^#\/components\/schemas\//)
    const target = reference
      .slice(2)
      .split('/')
      .reduce<unknown>((at, key) => (at as Json | undefined)?.[key], document)
    assert.ok(target, `${reference} leads nowhere`)
  }
})

test('the parameters of each path are those of its template, required, and no name comes twice', () => {
  for (const { path, operation } of described) {
    const inTemplate = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string)
    const inPath = operation.parameters.filter((parameter) => parameter.in === 'path')
    assert.deepEqual(inPath.map(({ name }) => name).toSorted(), inTemplate.toSorted(), path)
    assert.ok(inPath.every(({ required }) => required))
    const names = operation.parameters.map((parameter) => `${parameter.in} ${parameter.name.toLowerCase()}`)
    assert.equal(new Set(names).size, names.length)
    for (const { schema } of operation.parameters) assert.ok(schema['type'], `${path} has a parameter without type`)
  }
})

test('each operation says what it answers, its refusals with their texts, and who may call', () => {
  for (const operation of publicOperations) {
    for (const method of operation.methods) {
      const found = described.find(
        (one) => one.method === method && one.path === operation.paths[0]?.replace(/:(\w+)/g, '{$1}'),
      )?.operation
      assert.ok(found, operation.id)
      const success = found.responses[operation.success.status]
      assert.ok(success, operation.id)
      assert.equal(success.content === undefined, [101, 204].includes(operation.success.status))
      for (const { status, message } of operation.refusals)
        assert.ok(found.responses[status]?.description.includes(message), `${operation.id} ${status}`)
      for (const status of [429, 500, 503, 504]) assert.ok(found.responses[status], `${operation.id} ${status}`)
      assert.equal(found.security !== undefined, operation.auth === 'user' || operation.auth === 'optional')
      assert.equal(found.requestBody !== undefined, operation.body !== undefined)
      for (const { description } of Object.values(found.responses)) assert.ok(description)
    }
  }
})

test('a schema in the document says what validates: lengths, required fields, kinds of values', () => {
  const register = document.paths['/auth/register']?.['post']?.requestBody?.content['application/json']?.schema as Json
  const properties = register['properties'] as Record<string, Json>
  assert.deepEqual((register['required'] as string[]).toSorted(), ['email', 'password', 'username'])
  assert.deepEqual([properties['username']?.['minLength'], properties['username']?.['maxLength']], [3, 32])
  assert.equal(properties['email']?.['format'], 'email')
  const id = document.paths['/users/{id}']?.['get']?.parameters.find(({ name }) => name === 'id')?.schema
  assert.deepEqual([id?.['type'], id?.['minimum']], ['integer', 1])
})

test('the live stream is shown with its media type, the field that resumes it, and what an event holds', () => {
  const stream = document.paths['/notification/stream']?.['get']
  assert.deepEqual(stream?.responses['200']?.content?.['text/event-stream']?.schema, {
    $ref: '#/components/schemas/Notification',
  })
  assert.ok(stream?.parameters.some(({ name, in: where }) => name === 'Last-Event-ID' && where === 'header'))
  const socket = document.paths['/ws']?.['get']
  assert.ok(socket?.responses['101'] && socket.responses['426'])
})

test('every operation has a tag that the document declares', () => {
  const declared = (document['tags'] as { name: string }[]).map(({ name }) => name)
  assert.deepEqual(declared.toSorted(), ['auth', 'notifications', 'posts', 'relations', 'users'])
  for (const { operation } of described) assert.ok(operation.tags.every((tag) => declared.includes(tag)))
})

test('the document is the same at /swagger/doc.json', async () => {
  assert.deepEqual(await (await fetch(`${gateway.url}/swagger/doc.json`)).json(), document)
})

for (const entry of ['/swagger/index.html', '/swagger/', '/swagger']) {
  test(`Swagger UI opens at ${entry}: everything that its page names is there, and allowed by its policy`, async () => {
    const page = await fetch(gateway.url + entry)
    const html = await page.text()
    assert.equal(page.status, 200)
    assert.match(page.headers.get('content-type') ?? '', /^text\/html/)
    assert.match(page.headers.get('content-security-policy') ?? '', /script-src 'self'/)
    const assets = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address as string)
    assert.ok(assets.length >= 3)
    for (const asset of assets) {
      const answer = await fetch(new URL(asset, page.url))
      assert.equal(answer.status, 200, `${asset} of ${entry}`)
      await answer.body?.cancel()
    }
    assert.doesNotMatch(html, /<script>|<style>|\son\w+=/)
    const start = await (await fetch(new URL('./start.js', page.url))).text()
    const [, url] = /url: '([^']+)'/.exec(start) ?? []
    assert.equal((await fetch(new URL(url as string, page.url))).status, 200)
  })
}

test('what is not there below /swagger is 404 in the envelope', async () => {
  const { status, body } = await gateway.client.get('//swagger/nothing.js')
  assert.deepEqual([status, body?.message], [404, 'not found'])
})
