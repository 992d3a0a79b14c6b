import { fieldValues, labelValues, type BackEnds, type Range } from './back-ends.ts'
import type { Variable } from './dashboards.ts'

/** The chosen values of each variable; `all` says that they are all there are. */
export type Chosen = ReadonlyMap<string, readonly string[]>

export type Language = 'prometheus' | 'loki' | 'tempo' | 'elasticsearch'

// Once for the expression, and once for the text that the expression stands in.
const escaped = (value: string): string => value.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\\\$&')

// As Grafana writes several values into a query of each language.
const written = (values: readonly string[], language: Language): string => {
  if (language === 'elasticsearch') {
    return values.length === 1 ? (values[0] ?? '') : `(${values.map((value) => `"${value}"`).join(' OR ')})`
  }
  return values.length === 1 ? (values[0] ?? '') : `(${values.map(escaped).join('|')})`
}

const builtIn = ({ from, to, stepSeconds }: Range): Record<string, string> => ({
  __rate_interval: `${Math.max(20, stepSeconds + 5)}s`,
  __interval: `${stepSeconds}s`,
  __interval_ms: String(stepSeconds * 1000),
  __range: `${to - from}s`,
  __range_s: String(to - from),
  __from: String(from * 1000),
  __to: String(to * 1000),
  __auto: `${Math.max(20, stepSeconds)}s`,
})

/** A query with its variables filled in; throws when it names one that nobody knows. */
export const fill = (text: string, chosen: Chosen, language: Language, range: Range): string => {
  const known = builtIn(range)
  // What begins with a digit is a group of a regular expression.
  return text.replaceAll(/\$\{([a-z_]\w*)(?::\w+)?\}|\$([a-z_]\w*)/gi, (all, braced?: string, bare?: string) => {
    const name = braced ?? bare ?? ''
    const fixed = known[name]
    if (fixed !== undefined) return fixed
    const values = chosen.get(name)
    if (values === undefined) throw new Error(`no such variable: ${all}`)
    return written(values, language)
  })
}

const definitionOf = ({ query }: Variable): string => (typeof query === 'string' ? query : (query?.query ?? ''))

const valuesOf = async (variable: Variable, chosen: Chosen, backEnds: BackEnds, range: Range): Promise<string[]> => {
  const definition = definitionOf(variable)
  if (variable.type === 'custom') return definition.split(',').map((value) => value.trim())
  if (variable.type !== 'query') return [definition]
  if (variable.datasource?.type === 'elasticsearch') {
    return fieldValues(backEnds.elasticsearch, fill(definition, chosen, 'elasticsearch', range))
  }
  return labelValues(backEnds.prometheus, fill(definition, chosen, 'prometheus', range), range)
}

/** What a dashboard's variables are when it is opened, with `given` over it. */
export const choose = async (
  variables: readonly Variable[],
  o: { given: Readonly<Record<string, string>>; backEnds: BackEnds; range: Range },
): Promise<Map<string, readonly string[]>> => {
  const chosen = new Map<string, readonly string[]>()
  for (const variable of variables) {
    const given = o.given[variable.name]
    const current = variable.current?.value
    const all = current === '$__all' || (Array.isArray(current) && current.includes('$__all'))
    const values = given === undefined ? await valuesOf(variable, chosen, o.backEnds, o.range) : [given]
    const first = typeof current === 'string' && !all && variable.type !== 'query' ? current : values[0]
    const taken = all || given !== undefined ? values : first === undefined ? [] : [first]
    chosen.set(variable.name, all && variable.allValue !== undefined ? [variable.allValue] : taken)
  }
  return chosen
}
