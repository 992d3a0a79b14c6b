import { createLogger, format } from 'winston'
import Transport from 'winston-transport'
import { activeFrame } from './context.ts'
import type { Frame } from './context.ts'
import { countedElsewhere } from './metrics.ts'
import { redact, scrub } from './scrub.ts'
import { telemetry } from './settings.ts'
import { flushStdout, writeStdout } from './stdout.ts'
import { isoNow } from './time.ts'

export type LogLevel = 'error' | 'warn' | 'info' | 'debug'
type Fields = Record<string, unknown>

const MESSAGE = Symbol.for('message')
const ECS_VERSION = '8.11.0'

const written: Record<LogLevel, number> = { error: 0, warn: 0, info: 0, debug: 0 }
countedElsewhere({
  name: 'log_lines_total',
  help: 'Log lines written, by level',
  labels: ['level'],
  read: (set) => {
    for (const [level, lines] of Object.entries(written)) set({ level }, lines)
  },
})

/** Errors do not wait: the process may be about to end. */
const put = (level: string, line: string): void => {
  writeStdout(line)
  if (level === 'error') flushStdout()
}

/** Its own transport, because the console's writes line by line, which costs a system call each. */
class BufferedStdout extends Transport {
  override log(info: { [MESSAGE]: string; level: string }, next: () => void): void {
    put(info.level, info[MESSAGE])
    next()
  }
}

/** The line is complete when it is logged, not when it is formatted: by then another request may be running. */
const prepared = format((info) => {
  info[MESSAGE] = info.message
  return info
})

const logger = createLogger({
  level: 'info',
  format: prepared(),
  transports: [new BufferedStdout()],
})

/** The ECS fields of an error, with addresses and tokens masked. */
export const errorFields = (error: unknown): Fields => {
  if (!(error instanceof Error)) return { 'error.message': scrub(String(error)) }
  const cause = error.cause instanceof Error ? `\nCaused by: ${error.cause.stack ?? error.cause.message}` : ''
  return {
    'error.type': error.name,
    'error.message': scrub(error.message),
    'error.stack_trace': scrub(`${error.stack ?? error.message}${cause}`),
  }
}

let identity = ''

/** The fields that are the same in every line of a process, serialised once. */
const processFields = (): string => {
  if (identity === '') {
    const fields = {
      'ecs.version': ECS_VERSION,
      'service.name': telemetry.serviceName,
      'service.version': telemetry.serviceVersion,
      'service.environment': telemetry.environment,
    }
    identity = JSON.stringify(fields).slice(1, -1)
  }
  return identity
}

const frameFields = ({ record, spanId }: Frame): string =>
  `,"trace.id":"${record.traceId}","span.id":"${spanId}","labels.correlation_id":"${record.correlationId}"${
    record.userId === undefined ? '' : `,"user.id":"${record.userId}"`
  }`

const lineOf = (level: LogLevel, message: string, fieldsJson: string, frame: Frame | undefined): string =>
  `{"@timestamp":"${isoNow()}","log.level":"${level}","message":${message},` +
  `${processFields()}${frame ? frameFields(frame) : ''}${fieldsJson}}\n`

/**
 * Writes a line whose message and fields are JSON already (`"text"`, `,"key":value…`): the door for lines written per
 * request. It goes where winston's transport writes, without winston's two streams: it is complete and needs neither.
 */
export const writeLine = (level: LogLevel, message: string, fieldsJson: string, frame: Frame | undefined): void => {
  if (!telemetry.logs || !logger.isLevelEnabled(level)) return
  written[level] += 1
  put(level, lineOf(level, message, fieldsJson, frame))
}

const write = (level: LogLevel, message: string, fields: Fields = {}, error?: unknown): void => {
  if (!telemetry.logs || !logger.isLevelEnabled(level)) return
  const own = redact(error === undefined ? fields : { ...fields, ...errorFields(error) })
  const json = JSON.stringify(own).slice(1, -1)
  written[level] += 1
  logger.log(level, lineOf(level, JSON.stringify(scrub(message)), json === '' ? '' : `,${json}`, activeFrame()))
}

/**
 * Structured lines: one flat JSON object with ECS keys each. `fields` are dotted (`event.action`); ids of the request
 * are added here. Fields named like secrets are dropped, addresses and tokens in texts are masked.
 */
export const log = {
  debug: (message: string, fields?: Fields): void => write('debug', message, fields),
  info: (message: string, fields?: Fields): void => write('info', message, fields),
  warn: (message: string, fields?: Fields, error?: unknown): void => write('warn', message, fields, error),
  error: (message: string, fields?: Fields, error?: unknown): void => write('error', message, fields, error),
}

export const getLogLevel = (): string => logger.level

/** Changes what is logged from now on; the management port calls it at run time. */
export const setLogLevel = (level: LogLevel): void => {
  logger.level = level
}

export const logLevels: readonly LogLevel[] = ['error', 'warn', 'info', 'debug']
