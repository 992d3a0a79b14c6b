import { styleText } from 'node:util'

export type Style = 'plain' | 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan' | 'magenta' | 'blue' | 'gray'

/** A piece of text in one style. */
export type Piece = readonly [text: string, style?: Style]

/** How output is made: its width in characters, and whether it may be coloured. */
export type Canvas = { readonly width: number; readonly colour: boolean }

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}]+/gu

/** Values come from outside, and a terminal obeys control characters. */
const printable = (text: string): string => text.replace(UNPRINTABLE, ' ')

const paint = ({ colour }: Canvas, text: string, style: Style = 'plain'): string =>
  colour && style !== 'plain' && text !== '' ? styleText(style, text, { validateStream: false }) : text

const cut = (characters: readonly string[], width: number): string =>
  characters.length <= width ? characters.join('') : width < 1 ? '' : `${characters.slice(0, width - 1).join('')}…`

/** Pieces beside each other in exactly `width` characters: cut with an ellipsis, or filled up with blanks. */
export const fit = (canvas: Canvas, pieces: readonly Piece[], width: number): string => {
  let left = Math.max(0, width)
  let row = ''
  for (const [text, style] of pieces) {
    const characters = Array.from(printable(text))
    if (characters.length === 0 || left === 0) continue
    const shown = cut(characters, left)
    left -= Math.min(characters.length, left)
    row += paint(canvas, shown, style)
  }
  return row + ' '.repeat(left)
}

/** One piece at the right end of `width` characters. */
export const fitRight = (canvas: Canvas, text: string, width: number, style?: Style): string => {
  const characters = Array.from(printable(text))
  return ' '.repeat(Math.max(0, width - characters.length)) + paint(canvas, cut(characters, width), style)
}

/** A row that takes the whole width, without blanks at its end. */
export const row = (canvas: Canvas, pieces: readonly Piece[]): string => fit(canvas, pieces, canvas.width).trimEnd()

const lengthOf = (pieces: readonly Piece[]): number => pieces.reduce((sum, [text]) => sum + Array.from(text).length, 0)

/** A row whose left part is cut, if need be, to leave room for its right part. */
export const spread = (canvas: Canvas, left: readonly Piece[], right: readonly Piece[]): string => {
  const rightWidth = Math.min(lengthOf(right), canvas.width)
  const room = Math.max(0, canvas.width - rightWidth - 2)
  return `${fit(canvas, left, room)}  ${fit(canvas, right, rightWidth)}`.trimEnd()
}

/** A duration in three or four characters and its unit. */
export const duration = (ms: number): string => {
  if (ms >= 60_000) return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`
  if (ms >= 10_000) return `${(ms / 1_000).toFixed(1)} s`
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(2)} s`
  if (ms >= 100) return `${ms.toFixed(0)} ms`
  return ms >= 10 ? `${ms.toFixed(1)} ms` : `${ms.toFixed(2)} ms`
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/**
 * A bar of `width` characters for the part from `from` to `to` of 0 to 1; at least a sliver. What lies beyond the end
 * is an arrow at its edge.
 */
export const bar = (from: number, to: number, width: number): string => {
  if (from >= 1) return `${' '.repeat(width - 1)}»`
  const start = Math.max(0, Math.min(width - 1, Math.floor(from * width)))
  const end = Math.min(1, to) * width
  const whole = Math.max(0, Math.floor(end - start))
  const part = EIGHTHS[Math.floor((end - start - whole) * EIGHTHS.length)] ?? ''
  const drawn = '█'.repeat(whole) + (to > 1 ? '' : part)
  const beyond = to > 1 ? `${drawn.slice(0, width - start - 1)}»` : drawn || '▏'
  return (' '.repeat(start) + beyond).padEnd(width).slice(0, width)
}
