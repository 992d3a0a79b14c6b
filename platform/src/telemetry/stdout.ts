import { writeSync } from 'node:fs'

const FLUSH_AFTER_MS = 10
const FLUSH_AT_BYTES = 64 * 1_024
const STDOUT = 1

let lines: string[] = []
let bytes = 0
let timer: NodeJS.Timeout | undefined

/**
 * Writes everything buffered. Synchronous, so that nothing is lost when the process ends; a pipe whose reader is slow
 * answers EAGAIN, and then what is left waits for the next turn.
 */
export const flushStdout = (): void => {
  clearTimeout(timer)
  timer = undefined
  if (lines.length === 0) return
  const chunk = Buffer.from(lines.join(''))
  lines = []
  bytes = 0
  let written = 0
  try {
    while (written < chunk.length) written += writeSync(STDOUT, chunk, written)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return
    const rest = chunk.subarray(written).toString()
    lines.push(rest)
    bytes = rest.length
    timer = setTimeout(flushStdout, FLUSH_AFTER_MS)
  }
}

/** Buffers a line for at most 10 ms or 64 KiB: one system call then serves hundreds of lines. */
export const writeStdout = (line: string): void => {
  lines.push(line)
  bytes += line.length
  if (bytes >= FLUSH_AT_BYTES) flushStdout()
  else timer ??= setTimeout(flushStdout, FLUSH_AFTER_MS).unref()
}

process.on('exit', flushStdout)
