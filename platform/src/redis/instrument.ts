import type { Command, Redis } from 'ioredis'
import { oncePerKey } from '../runtime/once-per-key.ts'
import { startSpan } from '../telemetry/context.ts'
import { SpanShape } from '../telemetry/span-shape.ts'
import { translateRedisError } from './errors.ts'

type Settle = { resolve(value: unknown): void; reject(error: unknown): void }
type SendCommand = (command: Command & Settle, stream?: unknown) => unknown

const shapeOf = oncePerKey(
  (operation: string) =>
    new SpanShape(operation, 'client', { 'db.system.name': 'redis', 'db.operation.name': operation }),
)

/** The first call of a script by its hash; its text follows. */
const isExpected = (error: unknown): boolean => error instanceof Error && error.message.startsWith('NOSCRIPT')

/**
 * Wraps the one door through which every command goes, pipelined ones too: its span (named by the command, never with a
 * key) and the translation of its fault. `onOutcome` hears whether the server has answered.
 */
export const instrumentRedis = (client: Redis, onOutcome: (answered: boolean) => void): void => {
  const send = client.sendCommand.bind(client) as SendCommand
  const traced: SendCommand = (command, stream) => {
    const span = startSpan(shapeOf(command.name.toUpperCase()))
    const { resolve, reject } = command
    command.resolve = (value) => {
      span.end()
      onOutcome(true)
      resolve(value)
    }
    command.reject = (error) => {
      const fault = translateRedisError(error)
      span.end(isExpected(error) ? undefined : fault)
      onOutcome(fault === error)
      reject(fault)
    }
    return send(command, stream)
  }
  client.sendCommand = traced
}
