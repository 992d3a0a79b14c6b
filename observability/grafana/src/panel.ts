import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog'
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common'
import {
  MappingType,
  type DashboardLink,
  type Panel as PanelModel,
  type ThresholdsConfig,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { thresholdsOf, type Limits } from './limits.ts'
import { linkOf, type Link } from './links.ts'
import { letterOf, type Query } from './queries.ts'
import { refOfAll, type Source } from './sources.ts'

/** A panel without a place: the layout gives it one, from its wish for width (of 24 columns) and height. */
export type Panel = {
  readonly width: number
  readonly height: number
  readonly sources: readonly Source[]
  readonly model: PanelModel
}

export type Description = {
  readonly title: string
  /** What it shows, and what to do when it looks wrong. */
  readonly description: string
  readonly width?: number
  readonly height?: number
  /** Where a click on a point, a row or a line leads. */
  readonly links?: readonly Link[]
  /** What it says when there is nothing to show, where that is no fault. */
  readonly empty?: string
}

/** Texts and colours for values that are states: `{ 0: ['down', 'red'], 1: ['up', 'green'] }`. */
export type States = Readonly<Record<string, readonly [text: string, color: string]>>

export type Numbers = Description & {
  /** An id of Grafana's units: `s`, `reqps`, `percentunit`, `bytes`, `short`. */
  readonly unit: string
  readonly queries: readonly Query[]
  readonly limits?: Limits
  readonly states?: States
  readonly decimals?: number
  readonly min?: number
  readonly max?: number
}

/** What the builders of all kinds of panels have in common. */
interface AnyBuilder extends Builder<PanelModel> {
  title(title: string): this
  description(description: string): this
  datasource(ref: DataSourceRef): this
  withTarget(target: Builder<Dataquery>): this
  dataLinks(links: Builder<DashboardLink>[]): this
  noValue(text: string): this
  unit(unit: string): this
  decimals(decimals: number): this
  min(min: number): this
  max(max: number): this
  mappings(mappings: ValueMapping[]): this
  thresholds(thresholds: Builder<ThresholdsConfig>): this
}

type Size = { readonly width: number; readonly height: number }

export const mappingsOf = (states: States): ValueMapping[] => [
  {
    type: MappingType.ValueToText,
    options: Object.fromEntries(
      Object.entries(states).map(([value, [text, color]], index) => [value, { text, color, index }]),
    ),
  },
]

/** A panel that asks, but draws no numbers of ours: lines, traces, a graph of services. */
export const asking = (
  builder: AnyBuilder,
  described: Description & { readonly queries: readonly Query[] },
  size: Size,
): Panel => {
  const { queries, links = [], empty } = described
  const asked = queries.map(({ source }) => source)
  builder.datasource(refOfAll(asked))
  for (const [index, query] of queries.entries()) builder.withTarget(query.target(letterOf(index)))
  if (links.length > 0) builder.dataLinks(links.map((link) => ({ build: () => linkOf(link) })))
  if (empty !== undefined) builder.noValue(empty)
  return describing(builder, described, size, asked)
}

/** A panel that draws numbers. */
export const counting = (builder: AnyBuilder, numbers: Numbers, size: Size): Panel => {
  const { unit, limits, states, decimals, min, max } = numbers
  builder.unit(unit).thresholds(thresholdsOf(limits))
  if (states !== undefined) builder.mappings(mappingsOf(states))
  if (decimals !== undefined) builder.decimals(decimals)
  if (min !== undefined) builder.min(min)
  if (max !== undefined) builder.max(max)
  return asking(builder, numbers, size)
}

/** A panel as it is told, at the size of its kind unless it wishes for another. */
export const describing = (
  builder: Pick<AnyBuilder, 'title' | 'description'> & Builder<PanelModel>,
  { title, description, width, height }: Description,
  size: Size,
  asked: readonly Source[] = [],
): Panel => ({
  width: width ?? size.width,
  height: height ?? size.height,
  sources: asked,
  model: builder.title(title).description(description).build(),
})
