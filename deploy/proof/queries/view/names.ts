import type { Series } from '../../../ops/queries/answers.ts'
import type { Target } from '../../../ops/queries/dashboards.ts'

/** What a series is called: its legend with the labels filled in, else its labels, else `otherwise`. */
export const seriesName = ({ labels }: Series, target: Target, otherwise: string): string => {
  const { legendFormat = '', alias = '' } = target
  const format = legendFormat === '__auto' ? '' : legendFormat || alias
  if (format !== '') {
    return format.replaceAll(/\{\{\s*(?:term )?([\w.]+)\s*\}\}/g, (_, label: string) => labels[label] ?? '').trim()
  }
  const values = Object.entries(labels).filter(([label]) => label !== '__name__')
  return values.length === 0 ? otherwise : values.map(([label, value]) => `${label}=${value}`).join(' ')
}

const PALETTE = [
  '#4f8ff7',
  '#2fb36e',
  '#eda63a',
  '#e2608e',
  '#8d7bf2',
  '#22b2c6',
  '#e8743b',
  '#9aa63c',
  '#c2569b',
  '#3f9f8f',
  '#b5803a',
  '#7a8ca8',
  '#d05a5a',
  '#6f9a2e',
]

// What means something has its colour on every graph; so has each service.
const KNOWN: Readonly<Record<string, string>> = {
  gateway: '#4f8ff7',
  users: '#2fb36e',
  auth: '#eda63a',
  posts: '#e2608e',
  relations: '#8d7bf2',
  notifications: '#22b2c6',
  '2xx': '#2fb36e',
  '3xx': '#4f8ff7',
  '4xx': '#eda63a',
  '5xx': '#e0524d',
  error: '#e0524d',
  fatal: '#b33a8a',
  warn: '#eda63a',
  info: '#4f8ff7',
  debug: '#7a8ca8',
  p50: '#2fb36e',
  p95: '#eda63a',
  p99: '#e0524d',
}

const hashOf = (text: string): number => {
  let hash = 0
  for (const letter of text) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 65_521
  return hash
}

/** A colour for each name of one graph: by the name, so that it is the same everywhere, and no two alike while there are others. */
export const colorsFor = (names: readonly string[]): string[] => {
  const taken = new Set<string>(names.flatMap((name) => KNOWN[name] ?? []))
  return names.map((name) => {
    const known = KNOWN[name] ?? KNOWN[name.split(' ')[0] ?? '']
    if (known !== undefined && (KNOWN[name] !== undefined || !taken.has(known))) {
      taken.add(known)
      return known
    }
    const from = hashOf(name) % PALETTE.length
    const turned = [...PALETTE.slice(from), ...PALETTE.slice(0, from)]
    const free = turned.find((color) => !taken.has(color)) ?? turned[0] ?? '#888888'
    taken.add(free)
    return free
  })
}
