import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DashboardAnswer } from '../../ops/queries/ask.ts'
import type { LogLine } from '../../ops/queries/answers.ts'
import { pageAssets } from './assets.ts'
import { EMPTY_IN_HEALTH } from './empty-in-health.ts'
import type { Gathered } from './gather.ts'
import { dashboardView, type Reason } from './view/dashboard.ts'
import type { Chart } from './view/graph.ts'
import { escapeHtml, scriptJson } from './view/html.ts'
import { marksOf, type Mark } from './view/marks.ts'
import { summaryHtml, type Claim } from './view/summary.ts'

const FOLDERS = ['Platform', 'Services', 'Stores', 'Business', 'Meta']

const reasonOf: Reason = (dashboard, panel) =>
  EMPTY_IN_HEALTH.find((one) => one.dashboard === dashboard && one.panel === panel)?.because

const timeOf = (at: number): string => new Date(at * 1000).toISOString().replace('T', ' ').slice(0, 16)

const stateOf = ({ panels, dashboard }: DashboardAnswer): string => {
  if (panels.some(({ faults }) => faults.length > 0)) return 'bad'
  const unexplained = panels.some(
    ({ found, panel }) => found === 0 && reasonOf(dashboard.uid, panel.title) === undefined,
  )
  return unexplained ? 'some' : 'fine'
}

const LIGHTHOUSE =
  '<svg viewBox="0 0 24 24"><path d="M9 21l1.2-11h3.6L15 21zM7 21h10M10 10V6.5L12 4l2 2.5V10M3 6.5l4 1M21 6.5l-4 1"/></svg>'

const navigation = ({ dashboards, range }: Gathered): string => {
  const linkOf = (answered: DashboardAnswer): string => {
    const { uid, title } = answered.dashboard
    return `<a href="#${uid}"><i class="${stateOf(answered)}"></i>${escapeHtml(title)}<small>${answered.panels.length}</small></a>`
  }
  const groups = FOLDERS.map((folder) => {
    const inside = dashboards.filter(({ dashboard }) => dashboard.folder === folder)
    return inside.length === 0 ? '' : `<h4>${folder}</h4>${inside.map(linkOf).join('')}`
  })
  const minutes = Math.round((range.to - range.from) / 60)
  const when = `<p class="when"><b>${timeOf(range.from).slice(0, 10)}</b>${timeOf(range.from).slice(11)} to ${timeOf(range.to).slice(11)} UTC<br>${minutes} minutes, a point each ${range.stepSeconds} s</p>`
  return `<nav><div class="brand">${LIGHTHOUSE}Pharos</div>${when}<a href="#summary">Summary</a>${groups.join('')}<button>Light or dark</button></nav>`
}

type PageData = {
  range: Gathered['range']
  /** Each axis of time once; a chart names its own by number. */
  axes: number[][]
  charts: Record<string, Omit<Chart, 'times'> & { times: number }>
  marks: Record<string, readonly Mark[]>
}

const addCharts = (data: PageData, charts: ReadonlyMap<string, Chart>, numbers: Map<string, number>): void => {
  for (const [key, chart] of charts) {
    const text = chart.times.join(',')
    const known = numbers.get(text) ?? data.axes.push(chart.times) - 1
    numbers.set(text, known)
    data.charts[key] = { ...chart, times: known }
  }
}

/**
 * Writes `report.html` into the folder, one file that needs no network: every dashboard drawn from what was gathered, and the
 * claims of the proof where they are given. `faults` are the lines that tell when a fault was injected and repaired.
 */
export const writeReport = async (o: {
  folder: string
  gathered: Gathered
  claims?: readonly Claim[]
  faults?: readonly LogLine[]
}): Promise<string> => {
  const { gathered, claims = [], faults = [] } = o
  const data: PageData = { range: gathered.range, axes: [], charts: {}, marks: {} }
  const numbers = new Map<string, number>()
  const sections = [summaryHtml(gathered, claims, reasonOf)]
  for (const answered of gathered.dashboards) {
    const marks = marksOf(answered.annotations, faults, gathered.range)
    const { html, charts } = dashboardView(answered, { range: gathered.range, marks, reason: reasonOf })
    sections.push(html)
    addCharts(data, charts, numbers)
    data.marks[answered.dashboard.uid] = marks
  }
  const { styles, scripts } = await pageAssets()
  const html = [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    `<title>Pharos, ${timeOf(gathered.range.to)} UTC</title><style>${styles}</style></head>`,
    `<body>${navigation(gathered)}<main>${sections.join('\n')}</main>`,
    `<script type="application/json" id="data">${scriptJson(data)}</script>`,
    `${scripts.map((text) => `<script>${text}</script>`).join('\n')}</body></html>`,
  ]
  const file = join(o.folder, 'report.html')
  await writeFile(file, html.join('\n'))
  return file
}
