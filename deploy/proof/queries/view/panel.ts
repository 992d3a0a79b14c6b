import type { PanelAnswer, TargetAnswer } from '../../../ops/queries/ask.ts'
import type { Range } from '../../../ops/queries/back-ends.ts'
import { fieldOf } from './fields.ts'
import { cellsOf, chartOf, legendOf, type Chart } from './graph.ts'
import { escapeHtml } from './html.ts'
import { markdown } from './markdown.ts'
import { nodeGraphHtml } from './node-graph.ts'
import { logsHtml, traceHtml } from './stories.ts'
import { tableHtml } from './table.ts'
import { bars, gauges, statTiles } from './tiles.ts'
import { timelineHtml } from './timeline.ts'

/** The inside of a panel; a chart is drawn by the page, by its key. */
export type Drawn = { html: string; chart?: Chart }

const drawn = (answered: PanelAnswer, key: string, range: Range): Drawn => {
  const { type } = answered.panel
  const graph = (chart: Chart, below: string): Drawn => ({
    html: `<div class="chart" data-chart="${key}"></div>${below}`,
    chart,
  })
  switch (type) {
    case 'timeseries': {
      const chart = chartOf(answered, range)
      return graph(chart, legendOf(answered, chart))
    }
    case 'heatmap':
      return graph(cellsOf(answered, range), '')
    case 'stat':
      return { html: statTiles(answered) }
    case 'gauge':
      return { html: gauges(answered) }
    case 'bargauge':
      return { html: bars(answered) }
    case 'table':
      return { html: tableHtml(answered) }
    case 'state-timeline':
      return { html: timelineHtml(answered, range) }
    case 'logs':
      return { html: logsHtml(answered) }
    case 'traces':
      return { html: traceHtml(answered) }
    case 'nodeGraph':
      return { html: nodeGraphHtml(answered) }
    case 'text': {
      const content = answered.panel.options?.['content']
      return { html: `<div class="text">${markdown(typeof content === 'string' ? content : '')}</div>` }
    }
    default:
      return {
        html: `<div class="empty"><b>Not drawn</b><span>no drawing for a panel of type ${escapeHtml(type)}</span></div>`,
      }
  }
}

const nothing = ({ panel, faults }: PanelAnswer, because: string | undefined): string => {
  if (faults.length > 0) {
    return `<div class="empty faulty"><b>The query failed</b><span>${escapeHtml(faults.join('\n'))}</span></div>`
  }
  const { noValue } = fieldOf(panel)
  const reason = because ?? (noValue === undefined ? 'No series in this time range.' : '')
  return `<div class="empty"><b>${escapeHtml(noValue ?? 'No data')}</b><span>${escapeHtml(reason)}</span></div>`
}

const queriesHtml = (targets: readonly TargetAnswer[]): string => {
  if (targets.length === 0) return ''
  const texts = targets.map(({ target, query }) => {
    const what = `${target.refId} · ${target.datasource?.type ?? ''}`
    return `<b>${escapeHtml(what)}</b><pre>${escapeHtml(query || (target.queryType ?? ''))}</pre>`
  })
  return `<details class="queries"><summary title="What was asked">{ }</summary><div>${texts.join('')}</div></details>`
}

/** A panel with its head, its queries on demand, and what was found or why there is nothing. */
export const panelHtml = (
  answered: PanelAnswer,
  o: { key: string; title: string; range: Range; because: string | undefined },
): Drawn => {
  const { panel, found, faults, targets } = answered
  const alive = panel.targets.length === 0 || (found > 0 && faults.length === 0)
  const { html, chart } = alive ? drawn(answered, o.key, o.range) : { html: nothing(answered, o.because) }
  const about =
    panel.description === undefined
      ? ''
      : `<span class="about" tabindex="0">?<span>${escapeHtml(panel.description)}</span></span>`
  const title = panel.type === 'text' ? '' : `<h3 title="${escapeHtml(o.title)}">${escapeHtml(o.title)}</h3>${about}`
  const head = `<header>${title}${queriesHtml(targets)}</header>`
  return {
    html: `${panel.type === 'text' ? '' : head}<div class="inside">${html}</div>`,
    ...(chart !== undefined && { chart }),
  }
}
