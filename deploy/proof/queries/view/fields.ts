import type { FieldConfig, Panel } from '../../../ops/queries/dashboards.ts'
import { formatValue } from './units.ts'

type Step = { value: number | null; color: string }

/** How values of one name are shown in a panel: its defaults with what is said for this name over them. */
export type Field = Pick<FieldConfig, 'unit' | 'decimals' | 'min' | 'max' | 'noValue' | 'mappings'> & {
  steps: readonly Step[]
  /** What is said of the drawing itself: stacking, fill, points, cells. */
  custom: Readonly<Record<string, unknown>>
}

const defaultsOf = ({ fieldConfig }: Panel): Field => {
  const { unit, decimals, min, max, noValue, mappings, thresholds, custom } = fieldConfig?.defaults ?? {}
  return { unit, decimals, min, max, noValue, mappings, steps: thresholds?.steps ?? [], custom: custom ?? {} }
}

const CUSTOM = 'custom.'

const withProperty = (field: Field, id: string, value: unknown): Field => {
  if (id.startsWith(CUSTOM)) return { ...field, custom: { ...field.custom, [id.slice(CUSTOM.length)]: value } }
  if (id === 'thresholds') return { ...field, steps: (value as { steps: Step[] }).steps }
  return { ...field, [id]: value }
}

export const fieldOf = (panel: Panel, name = ''): Field =>
  (panel.fieldConfig?.overrides ?? [])
    .filter(({ matcher }) => matcher.id === 'byName' && matcher.options === name)
    .flatMap(({ properties }) => properties)
    .reduce((field, { id, value }) => withProperty(field, id, value), defaultsOf(panel))

const mappingOf = (value: number, { mappings = [] }: Field): { text?: string; color?: string } | undefined => {
  const found = mappings.find(({ type, options }) => type === 'value' && options[String(value)] !== undefined)
  return found?.options[String(value)] as { text?: string; color?: string } | undefined
}

/** The name of the colour that a value has: of its mapping, else of the highest threshold that it reaches. */
export const colorOf = (value: number, field: Field): string =>
  mappingOf(value, field)?.color ??
  field.steps.findLast(({ value: from }) => from === null || value >= from)?.color ??
  'text'

/** What a value reads like: the text of its mapping, else the number in its unit. */
export const textOf = (value: number, field: Field): string =>
  mappingOf(value, field)?.text ?? formatValue(value, field.unit, field.decimals)

const NAMED = ['green', 'yellow', 'orange', 'red', 'blue', 'purple', 'text']

/** A colour of Grafana as one of the page, which knows light and dark. */
export const cssColor = (name: string): string => {
  const plain = name.replace(/^(semi|super|dark)-?(dark|light)?-/, '')
  return NAMED.includes(plain) ? `var(--${plain})` : /^#[0-9a-f]{3,8}$/i.test(plain) ? plain : 'var(--text)'
}
