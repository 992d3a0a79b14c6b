import { open } from 'node:fs/promises'

const BLOCK_BYTES = 1024 * 1024
const LONGEST_LINE_BYTES = 32 * 1024 * 1024
const NEWLINE = 10

/** The lines of a buffer that hold one of the needles, last first. */
const linesIn = (text: Buffer, needles: readonly Buffer[]): string[] => {
  const found = new Map<number, number>()
  for (const needle of needles) {
    for (let at = text.indexOf(needle); at !== -1;) {
      const start = text.lastIndexOf(NEWLINE, at) + 1
      const newline = text.indexOf(NEWLINE, at)
      const end = newline === -1 ? text.length : newline
      found.set(start, end)
      at = text.indexOf(needle, end)
    }
  }
  return [...found].toSorted(([a], [b]) => b - a).map(([start, end]) => text.toString('utf8', start, end))
}

/**
 * The lines of a file that hold one of the needles, last first, so that whoever wants the newest can stop early. The
 * file is read in blocks from its end and never held as a whole; a line of more than 32 MiB is passed over.
 */
export async function* linesFromEnd(file: string, needles: readonly string[]): AsyncGenerator<string> {
  const wanted = needles.filter((needle) => needle !== '').map((needle) => Buffer.from(needle))
  await using handle = await open(file)
  let position = (await handle.stat()).size
  // The end of a line whose beginning lies in a block not read yet.
  let rest = Buffer.alloc(0)
  while (position > 0) {
    const length = Math.min(BLOCK_BYTES, position)
    position -= length
    const block = Buffer.allocUnsafe(length)
    const { bytesRead } = await handle.read(block, 0, length, position)
    const text = Buffer.concat([block.subarray(0, bytesRead), rest])
    const firstBreak = position === 0 ? -1 : text.indexOf(NEWLINE)
    if (position > 0 && firstBreak === -1) {
      rest = text.length > LONGEST_LINE_BYTES ? Buffer.alloc(0) : text
      continue
    }
    rest = position === 0 ? Buffer.alloc(0) : Buffer.from(text.subarray(0, firstBreak))
    yield* linesIn(text.subarray(firstBreak + 1), wanted)
  }
}
