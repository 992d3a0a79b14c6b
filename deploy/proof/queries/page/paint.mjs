// What is drawn below and above the lines of a graph.

/* global document, getComputedStyle */

const probe = document.createElement('i')
probe.hidden = true
document.body.append(probe)

// A canvas knows no variables and no light-dark().
export const resolved = (color) => {
  probe.style.color = color
  return getComputedStyle(probe).color
}
export const faded = (color, alpha) =>
  resolved(color).replace(/rgba?\(([^)]+)\)/, (_, parts) => `rgba(${parts.split(',').slice(0, 3).join(',')}, ${alpha})`)

export const paintMarks = (u, marks) => {
  const { ctx, bbox } = u
  for (const { from, to, color } of marks) {
    const [x1, x2] = [from, to].map((at) =>
      Math.min(bbox.left + bbox.width, Math.max(bbox.left, u.valToPos(at, 'x', true))),
    )
    if (to < u.scales.x.min || from > u.scales.x.max) continue
    ctx.fillStyle = faded(color, 0.09)
    ctx.fillRect(x1, bbox.top, Math.max(1, x2 - x1), bbox.height)
    ctx.fillStyle = faded(color, 0.75)
    for (let y = bbox.top; y < bbox.top + bbox.height; y += 6) ctx.fillRect(Math.round(x1), y, 1, 3)
    // At the top, where no line of zeros lies.
    ctx.fillRect(x1, bbox.top, Math.max(2, x2 - x1), 2)
  }
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
