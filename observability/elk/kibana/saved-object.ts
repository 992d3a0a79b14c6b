export type Reference = { readonly type: string; readonly id: string; readonly name: string }

export type SavedObject = {
  readonly id: string
  readonly type: 'index-pattern' | 'search' | 'dashboard'
  readonly attributes: Readonly<Record<string, unknown>>
  readonly references: readonly Reference[]
  readonly coreMigrationVersion: string
  readonly typeMigrationVersion: string
}

// As old as their forms: Kibana brings older objects forward, and refuses those that are newer than itself.
const VERSIONS = { 'index-pattern': '7.11.0', search: '7.9.3', dashboard: '8.7.0' }

export const DATA_VIEW = 'pharos-logs'

export const savedObject = ({
  type,
  id,
  attributes,
  references = [],
}: Pick<SavedObject, 'type' | 'id' | 'attributes'> & { readonly references?: readonly Reference[] }): SavedObject => ({
  id,
  type,
  attributes,
  references,
  coreMigrationVersion: '8.8.0',
  typeMigrationVersion: VERSIONS[type],
})

/** That something reads the lines, under the name by which it calls them. */
export const ofDataView = (name: string): Reference => ({ type: 'index-pattern', id: DATA_VIEW, name })

/** Attributes that Kibana keeps as text. */
export const asText = (value: unknown): string => JSON.stringify(value)

export const kql = (query: string) => ({ query, language: 'kuery' })
