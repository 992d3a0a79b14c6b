/** Grafana's own, by their beginnings. */
const BUILT_IN = new Set([
  '__rate_interval',
  '__interval',
  '__range',
  '__from',
  '__to',
  '__url_time_range',
  '__field',
  '__data',
  '__value',
  '__all',
])

/** The variables that a text asks for, without Grafana's own and without the groups of a regular expression. */
export const variablesIn = (text: string): string[] =>
  [...text.matchAll(/\$\{(\w+)[^}]*\}|\$(\w+)|\[\[(\w+)/g)]
    .map(([, inBraces, bare, old]) => inBraces ?? bare ?? old ?? '')
    .filter((name) => !BUILT_IN.has(name) && !/^\d/.test(name))

export type DashboardLink = { readonly uid: string; readonly sets: readonly string[] }

/** The dashboards that a text links to, and the variables that each link sets by name. */
export const linksIn = (text: string): DashboardLink[] =>
  [...text.matchAll(/\/d\/([\w-]+)(\?[^\s"')]*)?/g)].map(([, uid = '', query = '']) => ({
    uid,
    sets: [...query.matchAll(/[?&]var-(\w+)=|\$\{(\w+):queryparam\}/g)].map(([, set, kept]) => set ?? kept ?? ''),
  }))
