// The neurons as lines on the plane of the two inputs.

import { drawCircles, lineOf, nameInputs, planeScales, traceLine } from "../canvas/plane.js"
import { fromLine } from "./hit.js"
import { colourOf } from "./look.js"
import { tintOf } from "./tint.js"

const SPAN = 3.2, CIRCLES = 3
// more lines than this cannot be told apart
const MOST_LINES = 1200

/** @param {Pen} g @param {PlaneScales} scales @param {Float32Array} lines @param {number} i */
function trace(g, scales, lines, i) {
  traceLine(g, scales, lineOf(lines[3 * i], lines[3 * i + 1], lines[3 * i + 2]))
}

/** who can be drawn: every so-many-th, from left to right in the tree @param {Tree} tree */
function drawable(tree) {
  const every = Math.max(1, Math.ceil(tree.vectors / MOST_LINES)), places = []
  for (let p = 0; p < tree.vectors; p += every) places.push(p)
  return places
}

/**
 * the neuron whose line is nearest to a point of the plane, -1 where none is within reach
 * @param {Bench} bench @param {Box} box @param {number} x @param {number} y @param {number} reach
 */
export function lineAt(bench, box, x, y, reach) {
  const { k, x: px, y: py } = planeScales(box, SPAN), lines = bench.tree.lines ?? []
  let best = -1, least = reach / k
  for (let i = 0; 3 * i < lines.length; i++) {
    const away = fromLine(lines[3 * i], lines[3 * i + 1], lines[3 * i + 2], px(x), py(y))
    if (away < least) { least = away; best = i }
  }
  return best
}

/** @type {Draw} */
export function drawPlane(g, box, bench) {
  const { tree, truth, found, look, lit } = bench, scales = planeScales(box, SPAN), lines = tree.lines
  if (!lines) return
  g.strokeStyle = look.grid
  drawCircles(g, box, scales, CIRCLES)
  /** @type {(all: Float32Array, chosen: Iterable<number>, colour: string, width: number, alpha: number) => void} */
  const stroke = (all, chosen, colour, width, alpha) => {
    g.strokeStyle = colour
    g.lineWidth = width
    g.globalAlpha = alpha
    g.beginPath()
    for (const i of chosen) trace(g, scales, all, i)
    g.stroke()
  }
  if (truth?.truthLines && bench.showTruth) {
    stroke(truth.truthLines, Array(truth.truthLines.length / 3).keys(), look.truth, 7, 0.35)
  }
  if (bench.colourBy === "cluster") {
    const noise = drawable(tree).filter(p => found.label[p] < 0).map(p => tree.order[p])
    stroke(lines, noise, look.faint, 0.8, lit ? 0.15 : 0.4)
    for (const cluster of found.kept) {
      const on = !lit || lit.clusters.has(cluster)
      stroke(lines, [cluster.best], colourOf(look, cluster.number), lit && on ? 3.5 : 2, on ? 1 : 0.25)
    }
  } else {
    for (const [colour, vectors] of byColour(bench)) stroke(lines, vectors, colour, 0.9, lit ? 0.2 : 0.5)
  }
  if (lit) stroke(lines, lit.vectors, look.text, 2, 1)
  g.globalAlpha = 0.85
  g.fillStyle = look.paper
  g.fillRect(0, 0, 58, 20)
  g.fillRect(box.w - 58, box.h - 20, 58, 20)
  g.globalAlpha = 1
  g.fillStyle = look.muted
  nameInputs(g, box, 6, 11)
}

/** what is stroked at once @param {Bench} bench */
function byColour(bench) {
  const own = tintOf(bench)
  /** @type {Map<string, number[]>} */
  const heaps = new Map()
  for (const p of drawable(bench.tree)) {
    const v = bench.tree.order[p], { colour } = own(v), heap = heaps.get(colour)
    if (heap) heap.push(v)
    else heaps.set(colour, [v])
  }
  return heaps
}
