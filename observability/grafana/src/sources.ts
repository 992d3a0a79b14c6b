import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common'

/** The stores that panels ask. Each is a variable of every dashboard, so that one dashboard serves any environment. */
export const sources = ['prometheus', 'loki', 'tempo', 'elasticsearch'] as const
export type Source = (typeof sources)[number]

const MIXED: DataSourceRef = { type: 'datasource', uid: '-- Mixed --' }

export const refOf = (source: Source): DataSourceRef => ({ type: source, uid: `\${${source}}` })

export const refOfAll = (asked: readonly Source[]): DataSourceRef => {
  const [first, ...others] = new Set(asked)
  return first === undefined || others.length > 0 ? MIXED : refOf(first)
}
