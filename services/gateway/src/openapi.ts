import { API_PREFIX } from '@pharos/platform/contracts/http/define'
import type { Operation } from '@pharos/platform/contracts/http/define'
import { publicCode } from '@pharos/platform/http/envelope'
import { z } from 'zod'

type Json = Record<string, unknown>

const VERSION = '1.0.0'

/** Turns zod schemas into JSON Schema; those with an id are gathered in `named` and referred to. */
const createSchemas = () => {
  const named: Record<string, unknown> = {}
  return {
    named,
    of: (schema: z.ZodType, io: 'input' | 'output'): Json => {
      const json = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json
      const {
        $schema: _dialect,
        $defs = {},
        ...own
      } = JSON.parse(JSON.stringify(json).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json & {
        $defs?: Record<string, unknown>
      }
      Object.assign(named, $defs)
      return own
    },
  }
}
type SchemaOf = ReturnType<typeof createSchemas>['of']

const error = (description: string): Json => ({
  description,
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
})

/** Refusals that follow from what an operation takes, beside its own. */
const impliedRefusals = (operation: Operation): { status: number; message: string }[] => [
  ...(operation.params || operation.query || operation.body
    ? [
        { status: 400, message: 'invalid input' },
        ...(operation.invalid ? [] : [{ status: 400, message: 'validation failed' }]),
      ]
    : []),
  ...(operation.body
    ? [
        { status: 413, message: 'payload too large' },
        { status: 415, message: 'unsupported media type' },
      ]
    : []),
  ...(operation.auth === 'user'
    ? ['unauthenticated', 'invalid token', 'token expired'].map((message) => ({ status: 401, message }))
    : []),
  ...(operation.idempotent ? [{ status: 422, message: 'idempotency key reused' }] : []),
  { status: 429, message: 'too many requests' },
  { status: 500, message: 'internal server error' },
  { status: 503, message: 'service unavailable' },
  { status: 504, message: 'upstream timeout' },
]

const responsesOf = (operation: Operation, schemaOf: SchemaOf): Json => {
  const byStatus = new Map<number, Set<string>>()
  for (const { status, message } of [...operation.refusals, ...impliedRefusals(operation)]) {
    byStatus.set(status, (byStatus.get(status) ?? new Set()).add(message))
  }
  const { status, data, message } = operation.success
  const properties: Json = {
    status: { const: status },
    ...(data && { data: schemaOf(data, 'output') }),
    ...(message !== undefined && { message: { const: message } }),
    timestamp: { type: 'string', format: 'date-time' },
  }
  const required = Object.keys(properties)
  const success =
    status === 204
      ? { description: 'Done' }
      : {
          description: 'Success',
          content: { 'application/json': { schema: { type: 'object', properties, required } } },
        }
  const refusals = [...byStatus].map(([code, messages]) => [code, error([...messages].join(' · '))] as const)
  return {
    [status]: success,
    ...(operation.etag && { 304: { description: 'Not modified: the version of If-None-Match is current' } }),
    ...Object.fromEntries(refusals),
  }
}

const parametersOf = (operation: Operation, schemaOf: SchemaOf): Json[] => {
  const from = (schema: z.ZodType | undefined, where: 'path' | 'query'): Json[] => {
    if (!schema) return []
    const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
      properties?: Record<string, Json>
      required?: string[]
    }
    return Object.entries(properties).map(([name, property]) => ({
      name,
      in: where,
      required: where === 'path' || required.includes(name),
      schema: property,
    }))
  }
  const header = (name: string, description: string): Json => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  })
  return [
    ...from(operation.params, 'path'),
    ...from(operation.query, 'query'),
    header('X-Correlation-ID', '1 to 128 of A-Z a-z 0-9 . _ -; made when absent, and answered'),
    ...(operation.idempotent
      ? [header('Idempotency-Key', 'The same key and body within 24 h give the first answer again')]
      : []),
    ...(operation.etag ? [header('If-None-Match', 'An ETag that is known already')] : []),
  ]
}

const describe = (operation: Operation, method: string, schemaOf: SchemaOf): Json => ({
  operationId:
    operation.methods[0] === method ? operation.id : `${operation.id}By${method[0]?.toUpperCase()}${method.slice(1)}`,
  tags: [operation.tag],
  summary: operation.summary,
  ...(operation.auth === 'user' && { security: [{ bearer: [] }] }),
  ...(operation.auth === 'optional' && { security: [{}, { bearer: [] }] }),
  parameters: parametersOf(operation, schemaOf),
  ...(operation.body && {
    requestBody: { required: true, content: { 'application/json': { schema: schemaOf(operation.body, 'input') } } },
  }),
  responses: responsesOf(operation, schemaOf),
})

const errorSchema = {
  type: 'object',
  required: ['status', 'message', 'error', 'code', 'timestamp'],
  properties: {
    status: { type: 'integer' },
    message: { type: 'string' },
    error: { type: 'string', description: 'the same text as message' },
    code: { type: 'string', examples: [publicCode('user.not-found')] },
    timestamp: { type: 'string', format: 'date-time' },
    correlation_id: { type: 'string' },
    trace_id: { type: 'string' },
    details: {
      type: 'array',
      items: { type: 'object', properties: { path: { type: 'string' }, message: { type: 'string' } } },
    },
  },
}

/** The OpenAPI 3.1 document of the public API, made from the schemas that validate. */
export const createOpenApi = (operations: readonly Operation[]): Json => {
  const schemas = createSchemas()
  const paths: Record<string, Json> = {}
  for (const operation of operations) {
    for (const path of operation.paths) {
      const template = path.replace(/:(\w+)/g, '{$1}')
      for (const method of operation.methods)
        paths[template] = { ...paths[template], [method]: describe(operation, method, schemas.of) }
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Pharos',
      version: VERSION,
      description: 'A social platform you can see through.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: API_PREFIX }],
    paths,
    components: {
      schemas: { Error: errorSchema, ...schemas.named },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  }
}
