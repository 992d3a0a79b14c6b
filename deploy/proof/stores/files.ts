import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { linesFromEnd } from '../../follow/sources/lines.ts'
import { logLineOf, parseJson } from '../../follow/sources/parse.ts'
import type { StoredLine } from './line.ts'

const isLog = (name: string): boolean => /\.log(\.\d+)?$/.test(name)

/** The paths of the files in a folder of `.pharos/` whose names are liked. */
export const filesIn = async (home: string, folder: string, likes: (name: string) => boolean): Promise<string[]> => {
  const found = await readdir(join(home, folder)).catch(() => [])
  return found.filter(likes).map((name) => join(home, folder, name))
}

/** The lines that the services wrote, in the files that everything else has them from. */
export const writtenLines = async (home: string, mark: string): Promise<StoredLine[]> => {
  const found: StoredLine[] = []
  for (const file of await filesIn(home, 'logs', isLog)) {
    for await (const text of linesFromEnd(file, [mark])) {
      const line = logLineOf(parseJson(text))
      if (line?.correlationId?.startsWith(mark) !== true) continue
      const { service, message, traceId = '', correlationId, fields } = line
      const spanId = fields['span.id']
      found.push({ service, message, traceId, correlationId, spanId: typeof spanId === 'string' ? spanId : '' })
    }
  }
  return found
}
