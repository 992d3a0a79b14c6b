import { glob, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const TYPES: Readonly<Record<string, string>> = {
  counter: 'counter',
  countedElsewhere: 'counter',
  gauge: 'gauge',
  histogram: 'histogram',
}
const CALL = /\b(counter|countedElsewhere|gauge|histogram)\(/g
const OPENING = '([{'
const CLOSING = ')]}'

export type Declared = {
  readonly file: string
  readonly name: string
  readonly type: string
  readonly labels: string[]
}

/** From an opening bracket to the one that closes it, without regard to those in texts. */
const bracketed = (source: string, start: number): string => {
  let depth = 0
  let quote = ''
  for (let at = start; at < source.length; at += 1) {
    const character = source.charAt(at)
    if (quote !== '') {
      if (character === '\\') at += 1
      else if (character === quote) quote = ''
    } else if (`'"\``.includes(character)) quote = character
    else if (OPENING.includes(character)) depth += 1
    else if (CLOSING.includes(character)) depth -= 1
    if (depth === 0) return source.slice(start, at + 1)
  }
  return source.slice(start)
}

/** The metrics that a source file declares. @throws Error for one whose name is no literal: nobody could look it up */
export const declarationsIn = (file: string, source: string): Declared[] => {
  const code = source.replaceAll(/^\s*(\/\/|\/?\*).*$/gm, '')
  return [...code.matchAll(CALL)].map((call) => {
    const definition = bracketed(code, call.index + call[0].length - 1)
    const name = /\bname: '([^']+)'/.exec(definition)?.[1]
    if (name === undefined) throw new Error(`${file}: the name of a metric is no literal: ${definition.slice(0, 80)}`)
    const labels = /\blabels: \[([^\]]*)\]/.exec(definition)?.[1] ?? ''
    return {
      file,
      name,
      type: TYPES[call[1] ?? ''] ?? '',
      labels: [...labels.matchAll(/'([^']+)'/g)].map(([, label = '']) => label),
    }
  })
}

/** What the code of the services and of the platform declares. */
export const declaredMetrics = async (): Promise<Declared[]> => {
  const found: Declared[] = []
  for await (const file of glob(['platform/src/**/*.ts', 'services/*/src/**/*.ts'], { cwd: root })) {
    if (file.endsWith('.test.ts')) continue
    found.push(...declarationsIn(file, await readFile(`${root}${file}`, 'utf8')))
  }
  return found
}
