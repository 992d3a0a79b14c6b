import type { Entry } from './journal.ts'

const TEXT_LIMIT = 600
const STYLE = `body { font-family: system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
article { border-left: .4rem solid gray; padding: .1rem 1rem; margin: 1rem 0; overflow-wrap: anywhere }
.firing { border-color: crimson } .resolved { border-color: seagreen } .error { border-color: darkorange }`

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escape = (text: string): string => text.replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? '')

const link = (address: string | undefined, text: string): string =>
  address !== undefined && /^https?:\/\//.test(address) ? ` <a href="${escape(address)}">${text}</a>` : ''

const textOf = (entry: Entry): string => {
  if (entry.status === 'error') {
    const { text, title = text, url } = (entry.notification ?? {}) as Record<string, unknown>
    const said = typeof title === 'string' ? title : JSON.stringify(entry.notification)
    const issue = link(typeof url === 'string' ? url : undefined, 'Issue')
    return `<h2>Error tracker</h2><p>${escape(said.slice(0, TEXT_LIMIT))}${issue}</p>`
  }
  const alerts = entry.notification.alerts.map(({ status, labels, annotations, startsAt }) => {
    const summary = annotations['summary'] ?? labels['alertname'] ?? ''
    const links = link(annotations['runbook_url'], 'Runbook') + link(annotations['dashboard_url'], 'Dashboard')
    return `<h2>${escape(summary)}</h2><p>${escape(annotations['description'] ?? '')}${links}</p>
<p><small>${status}, since ${escape(startsAt)}: ${escape(JSON.stringify(labels))}</small></p>`
  })
  return alerts.join('\n')
}

/** What fires comes first. A group fires while the last that was heard of it says so; what was said before is history. */
export const renderPage = (newest: readonly Entry[], lastWatchdog: number): string => {
  const groups = newest.map((entry) => (entry.status === 'error' ? undefined : entry.notification.groupKey))
  const fires = (entry: Entry, index: number): boolean =>
    entry.status === 'firing' && groups.indexOf(groups[index]) === index
  const firing = newest.filter(fires)
  const rest = newest.filter((entry, index) => !fires(entry, index))
  const articles = [...firing, ...rest].map((entry, index) => {
    const state = index >= firing.length && entry.status === 'firing' ? 'past' : entry.status
    return `<article class="${state}"><p>${state}, delivered ${escape(entry.received_at)}</p>${textOf(entry)}</article>`
  })
  const watchdog = lastWatchdog === 0 ? 'never' : new Date(lastWatchdog * 1_000).toISOString()
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="15">
<title>${firing.length} firing</title><style>${STYLE}</style></head><body><h1>On call: ${firing.length} firing</h1>
<p>The watchdog was last heard: ${watchdog}.</p>
${articles.join('\n')}
</body></html>
`
}
