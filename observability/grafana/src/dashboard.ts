import {
  DashboardBuilder,
  DashboardCursorSync,
  RowBuilder,
  type GridPos,
  type Panel as PanelModel,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { annotations } from './annotations.ts'
import { place } from './layout.ts'
import { linkOf, menu, type Link } from './links.ts'
import type { Panel } from './panel.ts'
import type { Source } from './sources.ts'
import { text } from './stories.ts'
import { sourceVariables, type Variable } from './variables.ts'

export type Folder = 'Platform' | 'Services' | 'Stores' | 'Business' | 'Meta'
/** Panels side by side, or one over the whole width. */
type Line = Panel | readonly Panel[]
type Row = { readonly title: string; readonly lines: readonly (readonly Panel[])[]; readonly collapsed: boolean }
export type Dashboard = { readonly uid: string; readonly folder: Folder; readonly model: object }

const listed = (line: Line): readonly Panel[] => ('model' in line ? [line] : line)

export const row = (title: string, ...lines: Line[]): Row => ({ title, lines: lines.map(listed), collapsed: false })

/** For what is asked for rarely: its queries run when it is opened. */
export const collapsedRow = (title: string, ...lines: Line[]): Row => ({ ...row(title, ...lines), collapsed: true })

const built = <Model>(model: Model) => ({ build: () => model })

const opening = (question: string): Panel =>
  text({
    title: 'The question',
    description: 'What this dashboard answers, and where to go from here.',
    markdown: question,
  })

/** A read-only dashboard that opens with the question it answers. Positions, ids and what all dashboards share are made here. */
export const dashboard = ({
  uid,
  title,
  folder,
  question,
  variables = [],
  links = [],
  rows,
}: {
  readonly uid: string
  readonly title: string
  readonly folder: Folder
  readonly question: string
  readonly variables?: readonly Variable[]
  readonly links?: readonly Link[]
  readonly rows: readonly Row[]
}): Dashboard => {
  const panels = rows.flatMap(({ lines }) => lines.flat())
  const asked = new Set<Source>(panels.flatMap(({ sources }) => sources))
  const byService = variables.some((variable) => variable.build().name === 'service')
  // oxlint-disable-next-line typescript/no-deprecated -- the successor writes a schema that Grafana before 12 cannot read
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(question)
    .tags(['pharos', folder.toLowerCase()])
    .readonly()
    .refresh('10s')
    .time({ from: 'now-30m', to: 'now' })
    .tooltip(DashboardCursorSync.Crosshair)
    .variables([...variables, ...sourceVariables(asked)])
    .annotations(annotations(byService))
    .links([menu(), ...links.map(linkOf)].map(built))

  let id = 0
  const settle = (model: PanelModel, at: GridPos): PanelModel => ({ ...model, id: ++id, gridPos: at })
  const placedFrom = (lines: readonly (readonly Panel[])[], from: number): { models: PanelModel[]; bottom: number } => {
    const { placed, bottom } = place(lines, from)
    return { models: placed.map(({ panel, at }) => settle(panel.model, at)), bottom }
  }

  const head = placedFrom([[opening(question)]], 0)
  for (const model of head.models) builder.withPanel(built(model))
  let { bottom: y } = head
  for (const { title: name, lines, collapsed } of rows) {
    const bar = new RowBuilder(name).id(++id).collapsed(collapsed).gridPos({ x: 0, y, w: 24, h: 1 })
    const { models, bottom } = placedFrom(lines, y + 1)
    if (collapsed) for (const model of models) bar.withPanel(built(model))
    builder.withRow(bar)
    if (!collapsed) for (const model of models) builder.withPanel(built(model))
    y = collapsed ? y + 1 : bottom
  }
  return { uid, folder, model: builder.build() }
}
