import { z } from 'zod'

export type Json = Record<string, unknown>

type Dialect = { readonly io: 'input' | 'output'; readonly target?: 'draft-2020-12' | 'draft-7' }

/** Turns zod schemas into JSON Schema; those with an id are gathered in `named` and referred to. */
export const createSchemas = () => {
  const named: Record<string, unknown> = {}
  return {
    named,
    of: (schema: z.ZodType, { io, target = 'draft-2020-12' }: Dialect): Json => {
      const text = JSON.stringify(z.toJSONSchema(schema, { io, target, unrepresentable: 'any' }))
      const json = JSON.parse(text.replaceAll(/"#\/(\$defs|definitions)\//g, '"#/components/schemas/')) as Json
      const { $schema: _dialect, $defs, definitions, ...own } = json
      Object.assign(named, $defs, definitions)
      return own
    },
  }
}
