import type { PanelAnswer } from '../../../ops/queries/ask.ts'
import type { Edge } from '../../../ops/queries/answers.ts'
import { formatValue } from './units.ts'
import { coordinate, escapeHtml } from './html.ts'
import { colorsFor } from './names.ts'

type Node = { name: string; x: number; y: number }

const SIZE = { width: 900, height: 560, boxWidth: 150, boxHeight: 44, pad: 16 }

/** How far each one is from where requests come in; who calls nobody, as a store does, stands last. */
export const layersOf = (edges: readonly Pick<Edge, 'client' | 'server'>[]): Map<string, number> => {
  const names = [...new Set(edges.flatMap(({ client, server }) => [client, server]))]
  const called = new Set(edges.filter(({ client, server }) => client !== server).map(({ server }) => server))
  const callers = new Set(edges.map(({ client }) => client))
  const roots = names.filter((name) => !called.has(name))
  const layers = new Map((roots.length > 0 ? roots : names.slice(0, 1)).map((name) => [name, 0]))
  // A Map is walked to its end, with what is added on the way.
  for (const [name, layer] of layers) {
    for (const { client, server } of edges) if (client === name && !layers.has(server)) layers.set(server, layer + 1)
  }
  const inner = [...layers].filter(([name]) => callers.has(name)).map(([, layer]) => layer)
  const last = Math.max(0, ...inner) + 1
  return new Map(names.map((name) => [name, callers.has(name) ? (layers.get(name) ?? 0) : last]))
}

const placed = (edges: readonly Edge[]): Map<string, Node> => {
  const layers = layersOf(edges)
  const depth = Math.max(0, ...layers.values())
  const nodes = new Map<string, Node>()
  for (let layer = 0; layer <= depth; layer++) {
    const names = [...layers].filter(([, at]) => at === layer).map(([name]) => name)
    const room = SIZE.width - 2 * SIZE.pad - SIZE.boxWidth
    const x = depth === 0 ? room / 2 : SIZE.pad + (layer * room) / depth
    for (const [i, name] of names.entries()) {
      nodes.set(name, { name, x, y: ((i + 1) * SIZE.height) / (names.length + 1) - SIZE.boxHeight / 2 })
    }
  }
  return nodes
}

const edgeHtml = (edge: Edge, nodes: ReadonlyMap<string, Node>, most: number): string => {
  const [from, to] = [nodes.get(edge.client), nodes.get(edge.server)]
  if (from === undefined || to === undefined) return ''
  const { boxWidth, boxHeight } = SIZE
  const forward = to.x > from.x
  const [x1, y1] = [forward ? from.x + boxWidth : from.x, from.y + boxHeight / 2]
  const [x2, y2] = [forward ? to.x : to.x + boxWidth, to.y + boxHeight / 2]
  const bend = Math.max(40, Math.abs(x2 - x1) / 2) * (forward ? 1 : -1)
  const curve = [x1, y1, x1 + bend, y1, x2 - bend, y2, x2, y2].map(coordinate)
  const path = `M${curve[0]},${curve[1]}C${curve.slice(2).join(',')}`
  const width = 1 + 4 * Math.sqrt(edge.calls / most)
  const says = `${edge.client} → ${edge.server}: ${formatValue(edge.calls, 'short', 0)} calls, ${formatValue(edge.failed, 'short', 0)} failed, ${formatValue(edge.seconds, 's')} on average`
  const kind = edge.failed > 0 ? 'edge failed' : 'edge'
  return `<path class="${kind}" d="${path}" stroke-width="${coordinate(width)}" marker-end="url(#tip)"><title>${escapeHtml(says)}</title></path>`
}

const nodeHtml = ({ name, x, y }: Node, color: string | undefined, edges: readonly Edge[]): string => {
  const into = edges.filter(({ server }) => server === name)
  const calls = into.reduce((sum, edge) => sum + edge.calls, 0)
  const seconds = into.reduce((sum, edge) => sum + edge.seconds * edge.calls, 0) / (calls || 1)
  const below = calls === 0 ? 'calls others' : `${formatValue(calls, 'short')} · ${formatValue(seconds, 's')}`
  const box = `<rect width="${SIZE.boxWidth}" height="${SIZE.boxHeight}" rx="8" style="stroke:${color}"/>`
  const texts = `<text x="12" y="19" class="what">${escapeHtml(name.slice(0, 20))}</text><text x="12" y="35">${below}</text>`
  return `<g class="node" transform="translate(${coordinate(x)},${coordinate(y)})">${box}${texts}</g>`
}

/** Who calls whom, from left to right; the thicker the line, the more calls; red where some have failed. */
export const nodeGraphHtml = ({ targets }: PanelAnswer): string => {
  const edges = targets.flatMap(({ answer }) => (answer?.kind === 'edges' ? answer.edges : []))
  const nodes = placed(edges)
  const names = [...nodes.keys()]
  const colors = colorsFor(names)
  const most = Math.max(1, ...edges.map(({ calls }) => calls))
  const lines = edges.map((edge) => edgeHtml(edge, nodes, most)).join('')
  const boxes = names.map((name, i) => {
    const node = nodes.get(name)
    return node === undefined ? '' : nodeHtml(node, colors[i], edges)
  })
  const tip =
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto"><path d="M0,0L8,4L0,8Z"/></marker></defs>'
  return `<svg class="nodes" viewBox="0 0 ${SIZE.width} ${SIZE.height}">${tip}${lines}${boxes.join('')}</svg>`
}
