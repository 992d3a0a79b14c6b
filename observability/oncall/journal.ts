import { existsSync } from 'node:fs'
import { appendFile, readFile, rename, stat } from 'node:fs/promises'
import { z } from 'zod'

const FILE_LIMIT_BYTES = 16 * 1024 * 1024
const SHOWN = 100

const status = z.enum(['firing', 'resolved'])
const texts = z.record(z.string(), z.string())

/** What Alertmanager posts (webhook, version 4), as far as it is used here; the rest is kept as well. */
export const alertNotification = z.looseObject({
  status,
  groupKey: z.string(),
  alerts: z.array(z.looseObject({ status, labels: texts, annotations: texts, startsAt: z.string() })),
})

/** A line of the file. What an error tracker posts is its own affair. */
export type Entry = { readonly received_at: string } & (
  | { readonly status: 'firing' | 'resolved'; readonly notification: z.infer<typeof alertNotification> }
  | { readonly status: 'error'; readonly notification: unknown }
)

const isWatchdog = (entry: Entry): boolean =>
  entry.status !== 'error' && entry.notification.alerts.some(({ labels }) => labels['alertname'] === 'Watchdog')

/** A file with a line of JSON for each notification; at 16 MB it becomes `<file>.1`, and a new one begins. */
export const openJournal = async (file: string) => {
  let newest: readonly Entry[] = []
  let lastWatchdog = 0
  const note = (entry: Entry): void => {
    if (isWatchdog(entry)) lastWatchdog = Date.parse(entry.received_at) / 1_000
    else newest = [entry, ...newest].slice(0, SHOWN)
  }

  const before = existsSync(file) ? await readFile(file, 'utf8') : ''
  for (const line of before.split('\n')) {
    try {
      note(JSON.parse(line) as Entry)
    } catch {
      // The last line of a process that was killed may be half a line.
    }
  }
  if (before !== '' && !before.endsWith('\n')) await appendFile(file, '\n')

  const write = async (entry: Entry): Promise<void> => {
    if (existsSync(file) && (await stat(file)).size > FILE_LIMIT_BYTES) await rename(file, `${file}.1`)
    await appendFile(file, `${JSON.stringify(entry)}\n`)
    note(entry)
  }

  let writing: Promise<unknown> = Promise.resolve()
  return {
    /** Newest first, without the watchdog, which would be all that there is. */
    newest: () => newest,
    /** When the watchdog came last, in seconds; 0 when it never did. */
    lastWatchdog: () => lastWatchdog,
    /** Resolves when the entry is in the file. */
    append: (entry: Entry): Promise<void> => {
      const written = writing.then(() => write(entry))
      writing = written.catch(() => {})
      return written
    },
  }
}
