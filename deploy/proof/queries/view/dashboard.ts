import type { DashboardAnswer, PanelAnswer } from '../../../ops/queries/ask.ts'
import type { Range } from '../../../ops/queries/back-ends.ts'
import type { Panel } from '../../../ops/queries/dashboards.ts'
import type { Chosen } from '../../../ops/queries/fill.ts'
import type { Chart } from './graph.ts'
import { placesOf, type Place } from './grid.ts'
import { escapeHtml } from './html.ts'
import { marksHtml, type Mark } from './marks.ts'
import { panelHtml } from './panel.ts'

export type DashboardView = { html: string; charts: ReadonlyMap<string, Chart> }

/** Why a panel may be empty, by its dashboard and title. */
export type Reason = (dashboard: string, panel: string) => string | undefined

const answerOf = (panel: Panel, answers: ReadonlyMap<number, PanelAnswer>): PanelAnswer =>
  answers.get(panel.id) ?? { panel, found: 0, faults: [], targets: [] }

// A title may name a variable.
const titled = (title: string, chosen: Chosen): string =>
  title.replaceAll(/\$(\w+)/g, (all, name: string) => chosen.get(name)?.join(' + ') ?? all)

const placed = ({ column, width, line, height, panel }: Place, inside: string): string =>
  `<article class="panel of-${panel.type}" id="panel-${panel.id}" style="grid-area:${line}/${column}/span ${height}/span ${width}">${inside}</article>`

const LONG = 4

const variablesHtml = ({ chosen, dashboard }: DashboardAnswer): string => {
  const chips = dashboard.variables
    .filter(({ type }) => type !== 'datasource' && type !== 'constant')
    .map(({ name }) => {
      const values = chosen.get(name) ?? []
      const shown = values.length > LONG ? `${values.length} values` : values.join(', ')
      return `<span title="${escapeHtml(values.join(', '))}"><b>${escapeHtml(name)}</b> ${escapeHtml(shown || 'none')}</span>`
    })
  return chips.length === 0 ? '' : `<div class="variables">${chips.join('')}</div>`
}

/** One dashboard in its own layout, with what its graphs are drawn from. */
export const dashboardView = (
  answered: DashboardAnswer,
  o: { range: Range; marks: readonly Mark[]; reason: Reason },
): DashboardView => {
  const { dashboard, panels } = answered
  const { uid, title, folder } = dashboard
  const answers = new Map(panels.map((one) => [one.panel.id, one]))
  const charts = new Map<string, Chart>()
  const rows = dashboard.rows.map((row) => {
    const inside = placesOf(row).map((place) => {
      const key = `${uid}/${place.panel.id}`
      const { html, chart } = panelHtml(answerOf(place.panel, answers), {
        key,
        title: titled(place.panel.title, answered.chosen),
        range: o.range,
        because: o.reason(uid, place.panel.title),
      })
      if (chart !== undefined) charts.set(key, chart)
      return placed(place, html)
    })
    const heading = row.title === '' ? '' : `<h2>${escapeHtml(row.title)}</h2>`
    return `${heading}<div class="grid">${inside.join('')}</div>`
  })
  const alive = panels.filter(({ found, faults }) => found > 0 && faults.length === 0).length
  const head = `<header class="top"><div><small>${escapeHtml(folder)}</small><h1>${escapeHtml(title)}</h1></div>${variablesHtml(answered)}<p>${alive} of ${panels.length} panels have data</p></header>`
  const html = `<section class="dashboard" id="${uid}" hidden>${head}${marksHtml(o.marks)}${rows.join('')}</section>`
  return { html, charts }
}
