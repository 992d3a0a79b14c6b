import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { sampleLines } from './sample-lines.ts'

type Field = { type?: string; properties?: Record<string, Field> }

const text = await readFile(new URL('index-template.json', import.meta.url), 'utf8')
const { template } = JSON.parse(text) as { template: { mappings: { properties: Record<string, Field> } } }

const fieldsOf = (properties: Record<string, Field>, prefix = ''): string[] =>
  Object.entries(properties).flatMap(([name, field]) =>
    field.properties === undefined ? [prefix + name] : fieldsOf(field.properties, `${prefix}${name}.`),
  )

test('each field of the lines of the services has a mapping of its own, and no mapping is left over', () => {
  const written = new Set(sampleLines.flatMap((line) => Object.keys(line)))
  assert.deepEqual(fieldsOf(template.mappings.properties).toSorted(), [...written].toSorted())
})
