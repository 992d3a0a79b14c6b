import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { ndjson } from './kibana/objects.ts'

type Reference = { type: string; id: string; name: string }
type Saved = { id: string; type: string; attributes: Record<string, unknown>; references: Reference[] }
type Properties = Record<string, { properties?: Properties; fields?: Properties }>

const text = await readFile(new URL('kibana/pharos.ndjson', import.meta.url), 'utf8')
const saved = text
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Saved)
const template = JSON.parse(await readFile(new URL('index-template.json', import.meta.url), 'utf8')) as {
  index_patterns: string[]
  template: { mappings: { properties: Properties } }
}

const key = ({ type, id }: { type: string; id: string }): string => `${type} ${id}`

/** Attributes whose name ends in JSON are documents in a text. */
const unfolded = (value: unknown, name = ''): unknown => {
  if (typeof value === 'string' && (name.endsWith('JSON') || name === 'fieldFormatMap')) return JSON.parse(value)
  if (Array.isArray(value)) return value.map((each) => unfolded(each))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([own, inner]) => [own, unfolded(inner, own)]))
}

const entriesIn = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([name, inner]) => [[name, inner] as [string, unknown], ...entriesIn(inner)])
    : []

const namesOf = (properties: Properties, prefix = ''): string[] =>
  Object.entries(properties).flatMap(([name, { properties: inner, fields }]) => [
    ...(inner ? namesOf(inner, `${prefix}${name}.`) : [`${prefix}${name}`]),
    ...namesOf(fields ?? {}, `${prefix}${name}.`),
  ])

/** Fields by which a query in KQL chooses: what stands before a colon or a comparison. */
const fieldsOfQuery = (query: string): string[] =>
  [...query.replaceAll(/"[^"]*"/g, '""').matchAll(/([\w.@]+)\s*(?::|[<>]=?)/g)].map(([, field = '']) => field)

const fieldsUsed = (object: Saved): string[] =>
  entriesIn(unfolded(object.attributes)).flatMap(([name, value]) => {
    if (name === 'sourceField' || name === 'fieldName' || name === 'timeFieldName') return [String(value)]
    if (name === 'fieldFormatMap') return Object.keys(value as object)
    if (name === 'query' && typeof value === 'string') return fieldsOfQuery(value)
    if (object.type === 'search' && name === 'columns') return value as string[]
    if (object.type === 'search' && name === 'sort') return (value as string[][]).map(([field = '']) => field)
    return []
  })

test('every line is an object of its own kind and id', () => {
  assert.deepEqual([...new Set(saved.map(key))], saved.map(key))
  assert.deepEqual([...new Set(saved.map(({ type }) => type))], ['index-pattern', 'search', 'dashboard'])
})

test('what an object refers to comes before it', () => {
  const before = new Set<string>()
  for (const object of saved) {
    for (const reference of object.references)
      assert.ok(before.has(key(reference)), `${key(object)} → ${key(reference)}`)
    before.add(key(object))
  }
})

type Panel = { panelIndex: string; panelRefName?: string; embeddableConfig: { attributes?: Lens } }
type Lens = { state: { visualization: object; datasourceStates: { formBased: { layers: Record<string, Layer> } } } }
type Layer = { columns: object }

const panelsOf = ({ attributes }: Saved): Panel[] => JSON.parse(String(attributes.panelsJSON)) as Panel[]

const layersOf = ({ embeddableConfig }: Panel): Record<string, Layer> =>
  embeddableConfig.attributes?.state.datasourceStates.formBased.layers ?? {}

/** The names by which an object calls others. */
const callsOf = (object: Saved): string[] => {
  const { type, attributes } = object
  if (type === 'search')
    return entriesIn(unfolded(attributes)).flatMap(([name, value]) => (name === 'indexRefName' ? [String(value)] : []))
  if (type !== 'dashboard') return []
  const controls = unfolded(attributes.controlGroupInput) as { panelsJSON: object }
  return [
    ...panelsOf(object).flatMap((panel) => [
      ...(panel.panelRefName === undefined ? [] : [`${panel.panelIndex}:${panel.panelRefName}`]),
      ...Object.keys(layersOf(panel)).map((layer) => `${panel.panelIndex}:indexpattern-datasource-layer-${layer}`),
    ]),
    ...Object.keys(controls.panelsJSON).map((control) => `controlGroup_${control}:optionsListDataView`),
  ]
}

test('every name by which an object calls another is among its references, and no other', () => {
  for (const object of saved) {
    const names = object.references.map(({ name }) => name)
    assert.deepEqual(callsOf(object).toSorted(), names.toSorted(), key(object))
  }
})

test('a panel draws the columns that it asks for', () => {
  const lenses = saved
    .filter(({ type }) => type === 'dashboard')
    .flatMap(panelsOf)
    .filter(({ embeddableConfig }) => embeddableConfig.attributes)
  assert.ok(lenses.length > 3)
  for (const panel of lenses) {
    const asked = Object.values(layersOf(panel)).flatMap(({ columns }) => Object.keys(columns))
    const drawn = entriesIn(panel.embeddableConfig.attributes?.state.visualization)
      .filter(([name]) => ['columnId', 'xAccessor', 'splitAccessor', 'accessors'].includes(name))
      .flatMap(([, value]) => value as string | string[])
    assert.deepEqual([...new Set(drawn)].toSorted(), asked.toSorted(), panel.panelIndex)
  }
})

test('every field that is shown, searched or counted is in the index template', () => {
  const known = new Set([...namesOf(template.template.mappings.properties), '___records___'])
  for (const object of saved) {
    const fields = fieldsUsed(object)
    assert.ok(fields.length > 0, key(object))
    assert.deepEqual(
      fields.filter((field) => !known.has(field)),
      [],
      key(object),
    )
  }
})

test('the data view reads the indices that the template is for', () => {
  assert.deepEqual(template.index_patterns, [saved[0]?.attributes.title])
})

test('the file is as `node observability/elk/kibana/main.ts` writes it', () => {
  assert.equal(text, ndjson())
})
