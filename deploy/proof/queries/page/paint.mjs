// What is drawn below and above the lines of a graph.

/* global document, window, getComputedStyle */

let probe

// A canvas knows no variables and no light-dark().
export const resolved = (color) => {
  if (probe === undefined) {
    probe = document.createElement('i')
    probe.hidden = true
    document.body.append(probe)
  }
  probe.style.color = color
  return getComputedStyle(probe).color
}
export const faded = (color, alpha) =>
  resolved(color).replace(/rgba?\(([^)]+)\)/, (_, parts) => `rgba(${parts.split(',').slice(0, 3).join(',')}, ${alpha})`)

/** From top to bottom. */
export const LANES = ['fault', 'alert', 'change']
/** In pixels: the strip of a lane, what lies between two, and between the last and the plot. */
const LANE = { strip: 3, gap: 2, below: 3 }

/** More marks of one lane than this would hide what they are marks of. */
const FEW = 6

const grouped = (marks) =>
  LANES.map((lane) => marks.filter((mark) => mark.lane === lane)).filter((lane) => lane.length > 0)

/** How much room the lanes of these marks need above a plot, in pixels. */
export const lanesHeight = (marks) => {
  const lanes = grouped(marks).length
  return lanes === 0 ? 0 : lanes * (LANE.strip + LANE.gap) - LANE.gap + LANE.below
}

/** The marks in view that are few enough to be drawn over a whole graph; what happens at once counts once. */
export const fewInView = (marks, { min, max }) =>
  grouped(marks.filter(({ from, to }) => to >= min && from <= max)).filter(
    (lane) => new Set(lane.map(({ from, to }) => `${from} ${to}`)).size <= FEW,
  )

const placeOf = (u, { from, to }) =>
  [from, to].map((at) => Math.min(u.bbox.left + u.bbox.width, Math.max(u.bbox.left, u.valToPos(at, 'x', true))))

const paintLanes = (u, marks) => {
  const { ctx, bbox } = u
  const { min, max } = u.scales.x
  const ratio = window.devicePixelRatio
  const lanes = grouped(marks)
  lanes.forEach((lane, i) => {
    const y = bbox.top - (lanesHeight(marks) - i * (LANE.strip + LANE.gap)) * ratio
    ctx.fillStyle = faded('var(--grid)', 0.7)
    ctx.fillRect(bbox.left, y, bbox.width, LANE.strip * ratio)
    for (const mark of lane) {
      if (mark.to < min || mark.from > max) continue
      const [x1, x2] = placeOf(u, mark)
      // What overlaps is stronger; what follows at once stays apart.
      ctx.fillStyle = faded(mark.color, mark.lane === 'alert' ? 0.5 : 0.85)
      ctx.fillRect(x1, y, Math.max(2 * ratio, x2 - x1 - ratio), LANE.strip * ratio)
    }
  })
}

// An alert shades as long as it fires; of all else its beginning tells enough.
const paintFew = (u, lane) => {
  const { ctx, bbox } = u
  const [{ lane: name, color }] = lane
  if (name === 'alert') {
    // One path: two alerts at a time are no darker than one.
    ctx.beginPath()
    for (const mark of lane) {
      const [x1, x2] = placeOf(u, mark)
      ctx.rect(x1, bbox.top, x2 - x1, bbox.height)
    }
    ctx.fillStyle = faded(color, 0.06)
    ctx.fill()
    return
  }
  ctx.lineWidth = 1
  ctx.setLineDash([3, 4])
  for (const mark of lane) {
    if (mark.from < u.scales.x.min) continue
    const x = Math.round(placeOf(u, mark)[0]) + 0.5
    ctx.strokeStyle = faded(mark.color, 0.45)
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
  }
  ctx.setLineDash([])
}

/** Marks lie in lanes above the plot, and over the plot itself as long as few are in view. */
export const paintMarks = (u, marks) => {
  paintLanes(u, marks)
  for (const lane of fewInView(marks, u.scales.x)) paintFew(u, lane)
}

export const paintLimits = (u, limits) => {
  const { ctx, bbox } = u
  for (const { value, color } of limits) {
    if (value > u.scales.y.max || value < u.scales.y.min) continue
    const y = Math.round(u.valToPos(value, 'y', true)) + 0.5
    ctx.strokeStyle = faded(color, 0.85)
    ctx.setLineDash([6, 5])
    ctx.beginPath()
    ctx.moveTo(bbox.left, y)
    ctx.lineTo(bbox.left + bbox.width, y)
    ctx.stroke()
    ctx.setLineDash([])
  }
}

export const paintExemplars = (u, exemplars) => {
  const { ctx } = u
  ctx.fillStyle = faded('var(--accent)', 0.8)
  for (const [at, value] of exemplars) {
    if (value > u.scales.y.max || at < u.scales.x.min || at > u.scales.x.max) continue
    const [x, y] = [u.valToPos(at, 'x', true), u.valToPos(value, 'y', true)]
    ctx.beginPath()
    ctx.moveTo(x, y - 4)
    ctx.lineTo(x + 4, y)
    ctx.lineTo(x, y + 4)
    ctx.lineTo(x - 4, y)
    ctx.fill()
  }
}

/** `step`: the width of a cell in seconds. */
export const paintCells = (u, chart, step) => {
  const { ctx } = u
  const times = u.data[0]
  const most = Math.max(...chart.lines.flatMap(({ values }) => values))
  chart.lines.forEach(({ values }, line) => {
    if (line === 0) return
    const [top, bottom] = [u.valToPos(line, 'y', true), u.valToPos(line - 1, 'y', true)]
    values.forEach((value, i) => {
      if (value <= most / 1e5) return
      const [left, right] = [times[i] - step / 2, times[i] + step / 2].map((at) => u.valToPos(at, 'x', true))
      ctx.fillStyle = faded('var(--hot)', 0.12 + 0.88 * Math.sqrt(value / most))
      ctx.fillRect(left + 0.5, top + 0.5, right - left - 1, bottom - top - 1)
    })
  })
}
