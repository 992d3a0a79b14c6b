import { fileURLToPath } from 'node:url'
import { startReceiver } from './receiver.ts'

const { ONCALL_PORT = '9095', ONCALL_FILE = '' } = process.env
try {
  const port = Number(ONCALL_PORT)
  if (!/^\d+$/.test(ONCALL_PORT) || port > 65_535) throw new Error('ONCALL_PORT must be a port.')
  if (ONCALL_FILE === '') throw new Error('ONCALL_FILE is not set: notifications need a file to be kept in.')
  const runbooks = fileURLToPath(new URL('../runbooks/', import.meta.url))
  const receiver = await startReceiver({ port, file: ONCALL_FILE, runbooks })
  process.stdout.write(`on call at ${receiver.url}\n`)
  const stop = (): void => void receiver[Symbol.asyncDispose]()
  process.once('SIGTERM', stop).once('SIGINT', stop)
} catch (error) {
  process.stderr.write(`✖ ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
