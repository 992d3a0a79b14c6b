import { writeSync } from 'node:fs'
import { counter } from './metrics.ts'

const FLUSH_AFTER_MS = 10
const FLUSH_AT_BYTES = 64 * 1_024
const MAX_WAITING_BYTES = 8 * 1_024 * 1_024
const LAST_WORDS_MS = 500
const LAST_WORDS_PAUSE_MS = 1
const STDOUT = 1

const dropped = counter({ name: 'log_lines_dropped_total', help: 'Log lines dropped because stdout is not read' })

let lines: string[] = []
let bytes = 0
/** What the pipe did not take. Bytes, because it may begin inside of a character. */
let rest: Buffer | undefined
let timer: NodeJS.Timeout | undefined

const writeSome = (chunk: Buffer): Buffer | undefined => {
  let written = 0
  try {
    while (written < chunk.length) written += writeSync(STDOUT, chunk, written)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return chunk.subarray(written)
  }
  return undefined
}

/**
 * Writes what is buffered. Synchronous, so that nothing is lost when the process ends; a pipe whose reader is slow
 * answers EAGAIN, and then what is left waits for the next turn.
 */
export const flushStdout = (): void => {
  clearTimeout(timer)
  timer = undefined
  if (rest) rest = writeSome(rest)
  if (!rest && lines.length > 0) {
    const chunk = Buffer.from(lines.join(''))
    lines = []
    bytes = 0
    rest = writeSome(chunk)
  }
  if (rest) timer = setTimeout(flushStdout, FLUSH_AFTER_MS)
}

/**
 * Buffers a line for at most 10 ms or 64 KiB: one system call then serves hundreds of lines. Beyond 8 MiB that nobody
 * reads, lines are dropped and counted.
 */
export const writeStdout = (line: string): void => {
  if (bytes + (rest?.length ?? 0) >= MAX_WAITING_BYTES) return dropped.inc()
  lines.push(line)
  bytes += line.length
  if (bytes >= FLUSH_AT_BYTES && !rest) flushStdout()
  else timer ??= setTimeout(flushStdout, FLUSH_AFTER_MS).unref()
}

process.on('exit', () => {
  const pause = new Int32Array(new SharedArrayBuffer(4))
  const deadline = performance.now() + LAST_WORDS_MS
  flushStdout()
  while (rest && performance.now() < deadline) {
    Atomics.wait(pause, 0, 0, LAST_WORDS_PAUSE_MS)
    flushStdout()
  }
})
