import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { collectSettled } from './collect.ts'
import { renderStory } from './render.ts'
import { createFileSource } from './sources/files.ts'

const USAGE = `Usage: npm run follow -- <correlation id | trace id>

Tells the story of one request: its trace, its messages, its log lines, its error. The correlation id is in the
X-Correlation-ID header of every answer, the trace id in the body of every error.
`
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/i
const ID = /^[A-Za-z0-9._-]{1,128}$/
const NARROWEST = 80
const WITHOUT_TERMINAL = 160

/** Ids are pasted from everywhere: a whole traceparent and a trace id in capitals are taken too. */
export const parseId = (given: string): string | undefined => {
  const text = given.trim()
  const traceId = TRACEPARENT.exec(text)?.[1] ?? (/^[0-9A-F]{32}$/i.test(text) ? text : undefined)
  if (traceId !== undefined) return traceId.toLowerCase()
  return ID.test(text) ? text : undefined
}

const canvasOf = (out: NodeJS.WriteStream) => ({
  width: Math.max(NARROWEST, out.isTTY ? out.columns : WITHOUT_TERMINAL),
  colour: out.isTTY && out.hasColors(),
})

const main = async (args: readonly string[]): Promise<number> => {
  const { stdout, stderr } = process
  const [given, ...others] = args
  const id = given === undefined || others.length > 0 ? undefined : parseId(given)
  if (id === undefined) {
    stderr.write(USAGE)
    return 2
  }
  const home = process.env['PHAROS_HOME'] ?? join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), '.pharos')
  if (!existsSync(home)) {
    stderr.write(
      '✖ Nothing has run in this checkout yet (there is no .pharos/): start the platform with "npm start".\n',
    )
    return 1
  }
  const source = createFileSource(home)
  const collected = await collectSettled([source], id, () => {
    if (stderr.isTTY) stderr.write('… waiting a moment for what is still on its way\r')
  })
  if (stderr.isTTY) stderr.write('\u001b[K')
  if (collected.traces.length === 0) {
    stderr.write(`✖ Nothing is known of ${id}. Looked in:\n`)
    for (const place of await source.places()) stderr.write(`    ${place}\n`)
    return 1
  }
  stdout.write(renderStory(collected, canvasOf(stdout)))
  return 0
}

if (import.meta.main) {
  // A reader that has seen enough (| head) is no fault.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
  process.exitCode = await main(process.argv.slice(2))
}
