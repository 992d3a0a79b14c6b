type Scope = {
  /** Labels to keep, comma-separated; without them all is one series. */
  readonly by?: string
  /** Label matchers, comma-separated. */
  readonly where?: string
  /** The window: the graph's own unless a tile or a table looks further back. */
  readonly over?: string
  /** How long before: `1w`. */
  readonly ago?: string
}

const sumOf = (inner: string, by: string | undefined): string =>
  by === undefined ? `sum(${inner})` : `sum by (${by}) (${inner})`

const selected = (metric: string, { where = '', over = '$__rate_interval', ago }: Scope): string =>
  `${metric}${where === '' ? '' : `{${where}}`}[${over}]${ago === undefined ? '' : ` offset ${ago}`}`

export const rate = (counter: string, scope: Scope = {}): string => sumOf(`rate(${selected(counter, scope)})`, scope.by)

export const increase = (counter: string, scope: Scope = {}): string =>
  sumOf(`increase(${selected(counter, { over: '$__range', ...scope })})`, scope.by)

export const quantile = (q: number, histogram: string, { by, ...scope }: Scope = {}): string =>
  `histogram_quantile(${q}, ${rate(`${histogram}_bucket`, { ...scope, by: by === undefined ? 'le' : `${by}, le` })})`

/** Part by whole. What never occurred has no series, and then the part is none of the whole; of nothing there is no part. */
export const share = (part: string, whole: string): string => `(${part} or 0 * ${whole}) / (${whole} > 0)`

const REQUESTS = 'http_server_request_duration_seconds'

const and = (...matchers: (string | undefined)[]): string =>
  matchers.filter((matcher) => matcher !== undefined && matcher !== '').join(', ')

/** Requests answered per second. */
export const requests = (scope: Scope = {}): string => rate(`${REQUESTS}_count`, scope)

/** The share of them that was answered 5xx. */
export const errorRatio = (scope: Scope = {}): string =>
  share(requests({ ...scope, where: and(scope.where, 'status_code=~"5.."') }), requests(scope))

export const latency = (q: number, scope: Scope = {}): string => quantile(q, REQUESTS, scope)

/** By class of status: `status` is 2xx, 4xx, 5xx. */
export const requestsByStatus = ({ where = '', over = '$__rate_interval' }: Scope = {}): string =>
  `sum by (status) (label_replace(rate(${REQUESTS}_count{${where}}[${over}]), "status", "\${1}xx", "status_code", "(.).."))`
