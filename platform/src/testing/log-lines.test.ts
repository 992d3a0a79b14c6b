import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { logLinesOf } from './log-lines.ts'

const line = (time: string, correlationId: string, message: string): string =>
  JSON.stringify({ '@timestamp': time, 'labels.correlation_id': correlationId, message })

test('lines of one correlation id come in order of time from several files, past lines that are no JSON', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pharos-lines-'))
  try {
    const [users, auth] = [join(folder, 'users.log'), join(folder, 'auth.log')]
    await writeFile(
      users,
      `${line('2026-01-01T00:00:02.000Z', 'a', 'second')}\nnot JSON\n${line('2026-01-01T00:00:03.000Z', 'b', 'other')}\n`,
    )
    await writeFile(
      auth,
      `${line('2026-01-01T00:00:01.000Z', 'a', 'first')}\n{"@timestamp":"2026-01-01T00:00:04.000Z","labels.corr`,
    )
    assert.deepEqual(
      (await logLinesOf([users, auth], 'a')).map(({ message }) => message),
      ['first', 'second'],
    )
  } finally {
    await rm(folder, { recursive: true })
  }
})
