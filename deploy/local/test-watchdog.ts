import { after } from 'node:test'

const FILE_LIMIT_MS = 600_000
const PATIENCE_MS = Number(process.env['TEST_PATIENCE_MS'] ?? 20_000)

const endAfter = (ms: number, what: string): void => {
  const watch = setTimeout(() => {
    const held = process.getActiveResourcesInfo().join(', ')
    process.stderr.write(`✖ ${process.argv[1]}: ${what}. It holds: ${held}\n`)
    process.exit(1)
  }, ms)
  watch.unref()
}

// Preloaded into every test file. `--test-timeout` ends a test, but the runner waits without end for a file that still
// holds a child, a socket or a timer.
if (process.env['NODE_TEST_CONTEXT'] === 'child-v8') {
  endAfter(FILE_LIMIT_MS, `not over after ${FILE_LIMIT_MS / 1_000} s`)
  after(() => endAfter(PATIENCE_MS, 'its tests are over, but it does not end'))
}
