import type { DashboardAnswer } from '../../../ops/queries/ask.ts'
import type { Proof, Verdict } from '../../part.ts'
import { verdictOf } from '../../report.ts'
import type { Gathered } from '../gather.ts'
import type { Reason } from './dashboard.ts'
import { escapeHtml } from './html.ts'

/** One claim of the first page with what came of it. */
export type Claim = Proof & { name: string; claim: string }

const MARKS: Readonly<Record<Verdict, string>> = { proven: '✓', failed: '✗', 'not proven': '–' }

const tableOf = ([head = [], ...rows]: readonly (readonly string[])[]): string => {
  const row = (cells: readonly string[], tag: string): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`
  return `<table class="data"><thead>${row(head, 'th')}</thead><tbody>${rows.map((cells) => row(cells, 'td')).join('')}</tbody></table>`
}

const claimHtml = (one: Claim): string => {
  const { name, claim, figures, findings, table } = one
  const verdict = verdictOf(one)
  const numbers = Object.entries(figures).map(
    ([what, value]) => `<span><b>${escapeHtml(String(value))}</b> ${escapeHtml(what)}</span>`,
  )
  const open = findings.filter((finding) => finding.verdict !== 'proven')
  const list = open.map((finding) => {
    // A detail may be several sentences, each of something else that is wrong.
    const details = (finding.detail?.split('; ') ?? []).map((detail) => `<small>${escapeHtml(detail)}</small>`)
    return `<li class="${finding.verdict.replace(' ', '-')}"><i>${MARKS[finding.verdict]}</i><div>${escapeHtml(finding.what)}${details.join('')}</div></li>`
  })
  const more =
    table === undefined
      ? ''
      : `<details><summary>All of it</summary><div class="scroll">${tableOf(table)}</div></details>`
  return `<article class="claim ${verdict.replace(' ', '-')}"><h3><i>${MARKS[verdict]}</i> ${escapeHtml(name)}</h3><p>${escapeHtml(claim)}</p><div class="figures">${numbers.join('')}</div>${list.length === 0 ? '' : `<ul>${list.join('')}</ul>`}${more}</article>`
}

const countOf = ({ panels }: DashboardAnswer) => ({
  alive: panels.filter(({ found, faults }) => found > 0 && faults.length === 0).length,
  empty: panels.filter(({ found, faults }) => found === 0 && faults.length === 0),
  faulty: panels.filter(({ faults }) => faults.length > 0),
})

const askedTable = ({ dashboards, texts }: Gathered): string => {
  const rows = dashboards.map((answered) => {
    const { dashboard, panels } = answered
    const { alive, empty, faulty } = countOf(answered)
    const queries = panels.reduce((sum, { targets }) => sum + targets.length, 0)
    const share = Math.round((alive / Math.max(1, panels.length)) * 100)
    return `<tr><td><a href="#${dashboard.uid}">${escapeHtml(dashboard.title)}</a></td><td class="number">${panels.length}</td><td class="number">${queries}</td><td class="number">${alive}</td><td class="number">${empty.length}</td><td class="number ${faulty.length > 0 ? 'bad' : ''}">${faulty.length}</td><td class="meter"><i style="width:${share}%"></i></td></tr>`
  })
  const textRows = (['runbook', 'alert', 'record'] as const).map((kind) => {
    const of = texts.filter((text) => text.kind === kind)
    const faulty = of.filter(({ fault }) => fault !== undefined).length
    const alive = of.filter(({ found }) => found > 0).length
    const what = { runbook: 'Runbooks', alert: 'Conditions of alerts', record: 'Recorded series' }[kind]
    return `<tr><td>${what}</td><td></td><td class="number">${of.length}</td><td class="number">${alive}</td><td class="number">${of.length - alive - faulty}</td><td class="number ${faulty > 0 ? 'bad' : ''}">${faulty}</td><td></td></tr>`
  })
  const head =
    '<tr><th>Asked of</th><th class="number">Panels</th><th class="number">Queries</th><th class="number">Alive</th><th class="number">Empty</th><th class="number">Faulty</th><th></th></tr>'
  return `<table class="data">${head}${rows.join('')}${textRows.join('')}</table>`
}

const emptyList = ({ dashboards }: Gathered, reason: Reason): string => {
  const items = dashboards.flatMap((answered) => {
    const { uid, title } = answered.dashboard
    const { empty, faulty } = countOf(answered)
    return [
      ...empty.map(({ panel }) => {
        const because = reason(uid, panel.title)
        return `<li class="${because === undefined ? 'failed' : 'fine'}"><a href="#${uid}">${escapeHtml(title)}</a> · ${escapeHtml(panel.title)} <small>${escapeHtml(because ?? 'nothing says why')}</small></li>`
      }),
      ...faulty.map(({ panel, faults }) => {
        return `<li class="failed"><a href="#${uid}">${escapeHtml(title)}</a> · ${escapeHtml(panel.title)} <small>${escapeHtml(faults[0] ?? '')}</small></li>`
      }),
    ]
  })
  return items.length === 0 ? '' : `<h2>Panels without data</h2><ul class="list">${items.join('')}</ul>`
}

/** The first page: the claims with their verdicts, how much was asked, and what had nothing to say. */
export const summaryHtml = (gathered: Gathered, claims: readonly Claim[], reason: Reason): string => {
  const panels = gathered.dashboards.flatMap((one) => one.panels)
  const queries = panels.reduce((sum, { targets }) => sum + targets.length, 0) + gathered.texts.length
  const alive = panels.filter(({ found, faults }) => found > 0 && faults.length === 0).length
  const tiles = [
    ['dashboards', gathered.dashboards.length],
    ['panels', panels.length],
    ['panels with data', alive],
    ['queries asked', queries],
    ...(claims.length > 0
      ? [['claims proven', `${claims.filter((one) => verdictOf(one) === 'proven').length} of ${claims.length}`]]
      : []),
  ].map(([what, value]) => `<div><b>${value}</b><span>${what}</span></div>`)
  const away = [...gathered.away].map(
    ([store, why]) => `<li class="failed">${store} did not answer <small>${escapeHtml(why)}</small></li>`,
  )
  const none =
    gathered.noRequest === undefined
      ? ''
      : `<li class="failed">No request could be looked up <small>${escapeHtml(gathered.noRequest)}</small></li>`
  const proofs = claims.length === 0 ? '' : `<h2>Claims</h2><div class="claims">${claims.map(claimHtml).join('')}</div>`
  return `<section class="dashboard" id="summary" hidden><header class="top"><div><small>Pharos</small><h1>What the live system answers</h1></div></header><div class="tiles">${tiles.join('')}</div>${away.length + none.length > 0 ? `<ul class="list">${away.join('')}${none}</ul>` : ''}${proofs}<h2>Every query, asked</h2><div class="sheet">${askedTable(gathered)}</div>${emptyList(gathered, reason)}</section>`
}
