import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { temporaryHome } from './temporary-home.ts'

const WATCHDOG = fileURLToPath(new URL('test-watchdog.ts', import.meta.url))

test('a test file that holds something after its tests is ended, and fails', async () => {
  await using home = await temporaryHome()
  const file = join(home.path, 'leak.test.mjs')
  await writeFile(
    file,
    `import { test } from 'node:test'\ntest('leaves a timer', () => void setInterval(() => {}, 1000))\n`,
  )
  const run = await execa('node', ['--import', WATCHDOG, '--test', '--test-reporter=spec', file], {
    env: { NODE_TEST_CONTEXT: undefined, TEST_PATIENCE_MS: '300' },
    timeout: 30_000,
    reject: false,
  })
  assert.equal(run.exitCode, 1)
  assert.match(run.stdout, /✔ leaves a timer/)
  assert.match(run.stdout, /leak\.test\.mjs: its tests are over, but it does not end\. It holds: .*Timeout/)
})
