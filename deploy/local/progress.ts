/** Writes one line about one part of the system. */
export type Say = (part: string, message: string) => void

// The bootstrap was there first and says when the command began.
const began = Number(process.env['PHAROS_BEGAN'] ?? Date.now())

/** Seconds since this command began, as the progress lines show them. */
export const elapsedSeconds = (): string => ((Date.now() - began) / 1000).toFixed(1)

export const say: Say = (part, message) => {
  process.stdout.write(`${`[${elapsedSeconds()} s]`.padStart(9)} ${part.padEnd(21)} ${message}\n`)
}

export const silent: Say = () => {}

/** Columns padded to their widest cell; the first row is the heading. */
export const table = (rows: readonly (readonly string[])[]): string => {
  const widths: number[] = []
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length)
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
