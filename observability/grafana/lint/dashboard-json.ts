import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What the lints read of a committed dashboard. */
export type Target = {
  readonly refId: string
  readonly datasource?: Ref
  readonly expr?: string
  readonly range?: boolean
  readonly exemplar?: boolean
  readonly format?: string
  readonly metrics?: readonly { readonly type: string }[]
}
export type Ref = { readonly type?: string; readonly uid?: string }
type Override = {
  readonly matcher: { readonly options?: string }
  readonly properties: readonly { readonly id: string; readonly value?: unknown }[]
}
export type Panel = {
  readonly id: number
  readonly type: string
  readonly title?: string
  readonly description?: string
  readonly datasource?: Ref
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly Target[]
  readonly panels?: readonly Panel[]
  readonly transformations?: readonly {
    readonly id: string
    readonly options: {
      readonly renameByName?: Readonly<Record<string, string>>
      readonly excludeByName?: Readonly<Record<string, boolean>>
    }
  }[]
  readonly fieldConfig?: {
    readonly defaults: { readonly unit?: string }
    readonly overrides: readonly Override[]
  }
}
export type Variable = {
  readonly name: string
  readonly type: string
  readonly query?: string | { readonly query?: string }
  readonly datasource?: Ref
}
export type DashboardJson = {
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly editable: boolean
  readonly refresh: string
  readonly tags: readonly string[]
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly Variable[] }
  readonly annotations: {
    readonly list: readonly { readonly name: string; readonly datasource: Ref; readonly expr: string }[]
  }
}

export type Committed = { readonly path: string; readonly dashboard: DashboardJson }

const FOLDER = join(import.meta.dirname, '..', 'dashboards')

export const readCommitted = (): Committed[] =>
  globSync('**/*.json', { cwd: FOLDER })
    .toSorted()
    .map((path) => ({ path, dashboard: JSON.parse(readFileSync(join(FOLDER, path), 'utf8')) as DashboardJson }))

/** Every panel that shows something, also of collapsed rows. */
export const panelsOf = ({ panels }: { readonly panels: readonly Panel[] }): Panel[] =>
  panels.flatMap((panel) => (panel.type === 'row' ? [...(panel.panels ?? [])] : [panel]))

/** Every text of a value, however deep. */
export const textsOf = (value: unknown): string[] => {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(textsOf)
}
