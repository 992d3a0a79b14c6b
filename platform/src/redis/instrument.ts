import type { Command, Redis } from 'ioredis'
import { startSpan } from '../telemetry/context.ts'
import { translateRedisError } from './errors.ts'

type Settle = { resolve(value: unknown): void; reject(error: unknown): void }
type SendCommand = (command: Command & Settle, stream?: unknown) => unknown

const ATTRIBUTES = new Map<string, Record<string, string>>()

const attributesOf = (operation: string): Record<string, string> => {
  let attributes = ATTRIBUTES.get(operation)
  if (!attributes) {
    attributes = { 'db.system.name': 'redis', 'db.operation.name': operation }
    ATTRIBUTES.set(operation, attributes)
  }
  return attributes
}

/** The first call of a script by its hash; its text follows. */
const isExpected = (error: unknown): boolean => error instanceof Error && error.message.startsWith('NOSCRIPT')

/**
 * Wraps the one door through which every command goes, pipelined ones too: its span (named by the command, never with a
 * key) and the translation of its fault. `onOutcome` hears whether the server has answered.
 */
export const instrumentRedis = (client: Redis, onOutcome: (answered: boolean) => void): void => {
  const send = client.sendCommand.bind(client) as SendCommand
  const traced: SendCommand = (command, stream) => {
    const operation = command.name.toUpperCase()
    const span = startSpan(operation, 'client', attributesOf(operation))
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
