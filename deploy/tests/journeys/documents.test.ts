import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { authApi } from '@pharos/platform/contracts/http/auth'
import type { Operation } from '@pharos/platform/contracts/http/define'
import { liveApi } from '@pharos/platform/contracts/http/live'
import { notificationsApi } from '@pharos/platform/contracts/http/notifications'
import { postsApi } from '@pharos/platform/contracts/http/posts'
import { relationsApi } from '@pharos/platform/contracts/http/relations'
import { usersApi } from '@pharos/platform/contracts/http/users'
import type { ApiClient } from '@pharos/platform/testing/api-client'
import { eventually } from '@pharos/platform/testing/eventually'
import { startTestSystem } from '../test-system.ts'
import type { TestSystem } from '../test-system.ts'

type Json = Readonly<Record<string, unknown>>
type Parameter = { name: string; in: string; required: boolean; schema: Json }
type Described = {
  operationId: string
  summary: string
  tags: string[]
  parameters: Parameter[]
  requestBody?: { content: Record<string, { schema: Json }> }
  security?: Record<string, string[]>[]
  responses: Record<string, { description: string; content?: Record<string, { schema: Json }> }>
}
type Document = {
  openapi: string
  info: { title: string; version: string }
  servers: { url: string }[]
  paths: Record<string, Record<string, Described>>
  components: { schemas: Json; securitySchemes: Json }
}

const operations: readonly Operation[] = [usersApi, authApi, postsApi, relationsApi, notificationsApi, liveApi].flatMap(
  (api): readonly Operation[] => Object.values(api),
)

let platform: TestSystem
let api: ApiClient
let document: Document
before(async () => {
  platform = await startTestSystem()
  api = platform.client()
  document = JSON.parse((await api.get('//openapi.json')).text) as Document
})
after(() => platform?.[Symbol.asyncDispose]())

const described = (): { path: string; method: string; operation: Described }[] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )

const references = (value: unknown): string[] => {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) =>
    key === '$ref' && typeof item === 'string' ? [item] : references(item),
  )
}

const at = (pointer: string): unknown =>
  pointer
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>(
      (value, key) => (value as Record<string, unknown> | undefined)?.[key.replaceAll('~1', '/').replaceAll('~0', '~')],
      document,
    )

test('the document is OpenAPI 3.1 with every part that the standard asks for', () => {
  assert.match(document.openapi, /^3\.1\.\d+$/)
  assert.ok(document.info.title !== '' && document.info.version !== '')
  assert.deepEqual(document.servers, [{ url: '/api/v1' }])
  const ids = described().map(({ operation }) => operation.operationId)
  assert.equal(new Set(ids).size, ids.length, 'operation ids are unique')
  for (const { path, method, operation } of described()) {
    const where = `${method} ${path}`
    assert.ok(path.startsWith('/') && ['get', 'put', 'post', 'delete'].includes(method), where)
    const inTemplate = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    const inPath = operation.parameters.filter((parameter) => parameter.in === 'path')
    assert.deepEqual(
      inPath.map(({ name }) => name),
      inTemplate,
      where,
    )
    assert.ok(
      inPath.every(({ required }) => required),
      where,
    )
    assert.ok(
      Object.keys(operation.responses).some((status) => /^2\d\d$|^101$/.test(status)),
      where,
    )
    for (const [status, response] of Object.entries(operation.responses)) {
      assert.match(status, /^[1-5]\d\d$/, where)
      assert.ok(response.description !== '', `${where} ${status}`)
    }
    for (const scheme of (operation.security ?? []).flatMap((entry) => Object.keys(entry))) {
      assert.ok(document.components.securitySchemes[scheme], where)
    }
  }
})

test('every reference in the document leads somewhere inside it', () => {
  for (const reference of references(document)) {
    assert.match(reference, /^#\//)
    assert.notEqual(at(reference), undefined, reference)
  }
})

test('the document lists every public route, each with its answers, its refusals and its body, and nothing internal', () => {
  const listed = new Set(described().map(({ path, method }) => `${method} ${path}`))
  const public_ = operations.flatMap(({ paths, methods }) =>
    paths.flatMap((path) => methods.map((method) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`)),
  )
  assert.deepEqual([...listed].toSorted(), public_.toSorted())
  for (const { paths, methods, success, refusals, body } of operations) {
    const operation = document.paths[(paths[0] as string).replace(/:(\w+)/g, '{$1}')]?.[methods[0] as string]
    assert.ok(operation)
    assert.ok(operation.responses[success.status])
    for (const { status, message } of refusals)
      assert.ok(operation.responses[status]?.description.includes(message), message)
    assert.equal(operation.requestBody !== undefined, body !== undefined)
  }
})

test('the documentation page and what it loads are there', async () => {
  const page = await api.get('//swagger/index.html')
  assert.equal(page.status, 200)
  assert.match(page.headers['content-type'] ?? '', /text\/html/)
  const files = [...page.text.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, file]) => file)
  assert.ok(files.length >= 3)
  for (const file of files) assert.equal((await api.get(`//swagger/${file}`)).status, 200, file)
  assert.deepEqual(JSON.parse((await api.get('//swagger/doc.json')).text), document)
})

test('the gateway says that it lives, whether it is ready and on what, and which version it is', async () => {
  assert.equal((await api.get('//healthz')).status, 200)
  await eventually(async () => {
    const ready = await api.get('//readyz')
    assert.equal(ready.status, 200)
    const { dependencies } = JSON.parse(ready.text) as { dependencies: Record<string, { up: boolean }> }
    for (const name of ['redis', 'users', 'auth', 'posts', 'relations', 'notifications'])
      assert.equal(dependencies[name]?.up, true, name)
  })
  const version = JSON.parse((await api.get('//version')).text) as Json
  assert.deepEqual([version['service'], version['version']], ['gateway', '0.1.0'])
})

test('every service shows health, readiness, version, metrics and log level on its management port', async () => {
  for (const { managementUrl, name } of Object.values(platform.system.services)) {
    for (const path of ['/healthz', '/readyz', '/version', '/loglevel']) {
      assert.equal((await fetch(managementUrl + path)).status, 200, name + path)
    }
    const metrics = await fetch(`${managementUrl}/metrics`)
    assert.match(metrics.headers.get('content-type') ?? '', /application\/openmetrics-text/)
    const text = await metrics.text()
    assert.match(text, /^app_info\{.*version="0\.1\.0".*\} 1$/m, name)
    assert.match(text, /^app_ready 1$/m, name)
    assert.ok(text.endsWith('# EOF\n'), name)
  }
})
