/** What a lint must know of PromQL: which metrics an expression reads, and over which windows it takes rates. */
export type Reading = { readonly metrics: ReadonlySet<string>; readonly rateWindows: readonly string[] }

const TOKEN =
  /(?<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)|(?<variable>\$\{[^}]*\}|\$\w+)|(?<number>\d[\w.]*)|(?<name>[a-zA-Z_:][\w:]*)|(?<mark>[^\s\w])/gu

const OPERATORS = new Set(['and', 'or', 'unless', 'offset', 'bool', 'atan2', 'inf', 'nan'])
/** Each is followed by labels in parentheses, or by nothing of the kind. */
const LABEL_LISTS = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right'])
const AGGREGATIONS = new Set(
  'sum min max avg group stddev stdvar count count_values bottomk topk quantile limitk limit_ratio'.split(' '),
)
const RATES = new Set(['rate', 'irate', 'increase'])

type Token = { readonly kind: string; readonly text: string }

const tokensOf = (expr: string): Token[] =>
  [...expr.matchAll(TOKEN)].map(({ groups = {} }) => {
    const [kind = '', text = ''] = Object.entries(groups).find(([, found]) => found !== undefined) ?? []
    return { kind, text }
  })

/** The index behind the bracket that closes the one at `open`. */
const behind = (tokens: readonly Token[], open: number, closing: string): number => {
  const opening = tokens[open]?.text
  let depth = 0
  for (let at = open; at < tokens.length; at++) {
    const { kind, text } = tokens[at] ?? { kind: '', text: '' }
    if (kind !== 'mark') continue
    if (text === opening) depth++
    if (text === closing && --depth === 0) return at + 1
  }
  throw new SyntaxError(`${opening} is never closed`)
}

/** A metric that is named by a label: `{__name__="x"}`. */
const namesIn = (matchers: readonly Token[]): string[] =>
  matchers.flatMap(({ text }, at) => (text === '__name__' ? [matchers[at + 2]?.text.slice(1, -1) ?? ''] : []))

/** @throws SyntaxError when brackets do not match */
export const readPromql = (expr: string): Reading => {
  const tokens = tokensOf(expr)
  const metrics = new Set<string>()
  const rateWindows: string[] = []
  /** The functions whose parentheses are open. */
  const calls: string[] = []
  for (let at = 0; at < tokens.length;) {
    const { kind, text } = tokens[at] ?? { kind: '', text: '' }
    const next = tokens[at + 1]?.text
    if (kind === 'name' && LABEL_LISTS.has(text)) {
      at = next === '(' ? behind(tokens, at + 1, ')') : at + 1
    } else if (kind === 'name') {
      if (next === '(') calls.push(text)
      else if (!OPERATORS.has(text.toLowerCase()) && !AGGREGATIONS.has(text)) metrics.add(text)
      at += next === '(' ? 2 : 1
    } else if (text === '{') {
      const end = behind(tokens, at, '}')
      for (const name of namesIn(tokens.slice(at, end))) metrics.add(name)
      at = end
    } else if (text === '[') {
      const end = behind(tokens, at, ']')
      const window = tokens.slice(at + 1, end - 1).map((token) => token.text)
      if (RATES.has(calls.at(-1) ?? '')) rateWindows.push(window.join(''))
      at = end
    } else {
      if (text === '(') calls.push('')
      if (text === ')' && calls.pop() === undefined) throw new SyntaxError(') was never opened')
      at++
    }
  }
  if (calls.length > 0) throw new SyntaxError('( is never closed')
  return { metrics, rateWindows }
}

/** The PromQL inside of a query of Grafana's variables: `label_values(metric{…}, label)`. */
export const promqlOfVariable = (query: string): string =>
  /^label_values\((.*),\s*\w+\)$/.exec(query)?.[1] ?? /^query_result\((.*)\)$/.exec(query)?.[1] ?? ''
