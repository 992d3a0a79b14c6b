import type { GridPos } from '@grafana/grafana-foundation-sdk/dashboard'

const COLUMNS = 24

type Sized = { readonly width: number; readonly height: number }

/** A line that is too wide goes on in the next one. */
const wrap = <Panel extends Sized>(panels: readonly Panel[]): Panel[][] => {
  const lines: Panel[][] = []
  let free = 0
  for (const panel of panels) {
    const line = lines.at(-1)
    if (line === undefined || panel.width > free) {
      lines.push([panel])
      free = COLUMNS - panel.width
    } else {
      line.push(panel)
      free -= panel.width
    }
  }
  return lines
}

/** Widths that fill the line, in the proportions wished for; what division leaves over goes to the first ones. */
const fill = (line: readonly Sized[]): number[] => {
  const wished = line.reduce((sum, { width }) => sum + width, 0)
  const widths = line.map(({ width }) => Math.floor((width * COLUMNS) / wished))
  const left = COLUMNS - widths.reduce((sum, width) => sum + width, 0)
  return widths.map((width, index) => (index < left ? width + 1 : width))
}

/** Places lines of panels from `top` on, each as wide as the screen and as high as its highest panel, and says where the next line begins. */
export const place = <Panel extends Sized>(
  lines: readonly (readonly Panel[])[],
  top: number,
): { placed: { panel: Panel; at: GridPos }[]; bottom: number } => {
  let y = top
  const placed = lines.flatMap(wrap).flatMap((line) => {
    const height = Math.max(...line.map((panel) => panel.height))
    const widths = fill(line)
    let x = 0
    const here = line.map((panel, index) => {
      const w = widths[index] ?? panel.width
      const at = { x, y, w, h: height }
      x += w
      return { panel, at }
    })
    y += height
    return here
  })
  return { placed, bottom: y }
}
