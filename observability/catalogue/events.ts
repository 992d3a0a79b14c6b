import { readFile } from 'node:fs/promises'

const contracts = new URL('../../platform/src/contracts/', import.meta.url)

export type CataloguedEvent = {
  readonly type: string
  readonly topic: string
  readonly key: string
  readonly summary: string
}

const read = (path: string): Promise<string> => readFile(new URL(path, contracts), 'utf8')

const found = (pattern: RegExp, text: string, what: string): string => {
  const value = pattern.exec(text)?.[1]
  if (value === undefined) throw new Error(`the event catalogue is not written as expected: no ${what}`)
  return value
}

/**
 * The events that services publish, read from the text of the contracts: this room imports nothing of the platform.
 * A test compares with the contracts themselves.
 */
export const readEvents = async (): Promise<CataloguedEvent[]> => {
  const [catalogue, topics] = await Promise.all([read('event-catalogue.ts'), read('topics.ts')])
  const entries = [...catalogue.matchAll(/\{ contract: (\w+), summary: '([^']+)' \}/g)]
  return Promise.all(
    entries.map(async ([, contract = '', summary = '']) => {
      const file = found(
        new RegExp(`import \\{ ${contract} \\} from '\\./([^']+)'`),
        catalogue,
        `import of ${contract}`,
      )
      const definition = await read(file)
      const owner = found(/\btopic: topics\.(\w+)/, definition, `topic in ${file}`)
      return {
        type: found(/\btype: '([^']+)'/, definition, `type in ${file}`),
        topic: found(/\bname: (`[^`]+`)/, topics, 'name of topics')
          .slice(1, -1)
          .replace('${owner}', owner),
        key: found(new RegExp(`\\b${owner}: topic\\('${owner}', '([^']+)'\\)`), topics, `key of ${owner}`),
        summary,
      }
    }),
  )
}
