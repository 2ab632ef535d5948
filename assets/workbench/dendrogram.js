// The tree. Its lines are painted once per zoom, in one colour; a cut only tints the branches, so
// that ten thousand vectors are recoloured as fast as the pointer moves.

import { mix } from "../canvas/colour.js"
import { beside } from "../canvas/surface.js"
import { drawAxis, drawCutLine, extent, hang, treeScales, yOf } from "./axes.js"
import { colourOf } from "./look.js"
import { value } from "./scale.js"
import { drawLit, drawNumbers, drawOwnCuts, drawTints } from "./tree_marks.js"

/**
 * the lines of one merge: down to its children, or a little way down to a vector
 * @param {Pen} g @param {Bench} bench @param {TreeScales} scales @param {number} node @param {number} drop
 */
function trace(g, bench, scales, node, drop) {
  const { tree, view } = bench, m = tree.vectors
  const v = value(tree.height[node], view.log), y = scales.Y(v)
  const a = tree.left[node - m], b = tree.right[node - m]
  const foot = (/** @type {number} */ child) => scales.Y(child < m ? v - drop : value(tree.height[child], view.log))
  const xa = scales.X(tree.x[a]), xb = scales.X(tree.x[b])
  g.moveTo(xa, foot(a))
  g.lineTo(xa, y)
  g.lineTo(xb, y)
  g.lineTo(xb, foot(b))
}

/** @param {Pen} g @param {Bench} bench @param {TreeScales} scales @param {(node: number) => boolean} wanted */
function strokeMerges(g, bench, scales, wanted) {
  const { tree } = bench, drop = hang(bench)
  g.beginPath()
  for (let node = tree.vectors; node < tree.nodes; node++) if (wanted(node)) trace(g, bench, scales, node, drop)
  g.stroke()
}

/** @param {Bench} bench */
function lineWidth(bench) {
  return bench.tree.vectors > 3000 ? 0.8 : 1.25
}

/**
 * The layer of lines in one colour; kept while nothing but the cut changes.
 * @param {Bench} bench @param {Box} box @param {number} ratio
 */
function layerOf(bench, box, ratio) {
  const { view, look } = bench
  const key = [bench.tree.id, box.w, box.h, ratio, view.x0, view.x1, view.lo, view.hi, view.log, look.trunk].join()
  if (bench.treeLayer?.key === key) return bench.treeLayer
  const lines = beside(box.w, box.h, ratio), scales = treeScales(bench, box)
  lines.g.strokeStyle = look.trunk
  lines.g.lineWidth = lineWidth(bench)
  strokeMerges(lines.g, bench, scales, node => (
    bench.tree.first[node] <= view.x1 && bench.tree.first[node] + bench.tree.size[node] > view.x0
  ))
  bench.treeLayer = { key, lines: lines.canvas, tinted: beside(box.w, box.h, ratio) }
  return bench.treeLayer
}

/**
 * Where many vectors share a column of pixels, one colour per column: a kept cluster's before grey
 * of what was rejected. Neighbours of one colour are one rectangle.
 * @param {Pen} g @param {Bench} bench @param {Box} box @param {TreeScales} scales
 */
function tintColumns(g, bench, box, scales) {
  const { found, look, cut, lit } = bench, cutY = yOf(bench, scales, cut.height)
  const from = Math.floor(scales.left), width = Math.ceil(scales.right) - from + 1
  const column = new Int32Array(width).fill(-2)
  const claim = (/** @type {Cluster} */ cluster, /** @type {number} */ index) => {
    for (const node of cluster.nodes) {
      const { left, right } = extent(bench, scales, node)
      const a = Math.max(0, Math.floor(left) - from), b = Math.min(width, Math.max(Math.ceil(right) - from, a + 1))
      for (let x = a; x < b; x++) if (column[x] < index) column[x] = index
    }
  }
  for (const cluster of found.rejected) claim(cluster, -1)
  for (const cluster of found.kept) claim(cluster, cluster.index)
  const colour = (/** @type {number} */ index) => {
    const own = colourOf(look, found.kept[index]?.number ?? -1)
    const dim = lit && (index < 0 || !lit.clusters.has(found.kept[index]))
    return dim ? mix(own, look.paper, 0.6) : own
  }
  for (let x = 0, end = 0; x < width; x = end) {
    while (end < width && column[end] === column[x]) end++
    if (column[x] < -1) continue
    g.fillStyle = colour(column[x])
    g.fillRect(from + x, cutY, end - x, box.h - cutY)
  }
}

/** @param {Pen} g @param {Bench} bench @param {Box} box @param {TreeScales} scales */
function tintClusters(g, bench, box, scales) {
  const { found, look, cut, lit } = bench, cutY = yOf(bench, scales, cut.height)
  const draw = (/** @type {Cluster} */ cluster, /** @type {string} */ colour) => {
    g.fillStyle = lit && !lit.clusters.has(cluster) ? mix(colour, look.paper, 0.6) : colour
    for (const node of cluster.nodes) {
      const { left, right, ownTop } = extent(bench, scales, node)
      if (right < scales.left || left > scales.right) continue
      const joined = bench.tree.height[node] > cut.height
      const top = joined ? yOf(bench, scales, bench.tree.height[node]) - 1 : Math.max(ownTop, cutY)
      g.fillRect(left, top, Math.max(right - left, 1), box.h - top)
    }
  }
  for (const cluster of found.kept) draw(cluster, colourOf(look, cluster.number))
  for (const cluster of found.rejected) draw(cluster, look.faint)
}

/** on a canvas from the layer; as SVG (no ratio) line by line @type {Draw} */
export function drawTree(g, box, bench, ratio) {
  const scales = treeScales(bench, box)
  drawAxis(g, bench, box, scales, true)
  drawLit(g, bench, scales)
  if (ratio) {
    const { lines, tinted } = layerOf(bench, box, ratio)
    tinted.g.globalCompositeOperation = "copy"
    tinted.g.drawImage(lines, 0, 0, box.w, box.h)
    tinted.g.globalCompositeOperation = "source-atop"
    const crowded = bench.view.x1 - bench.view.x0 > 2 * (scales.right - scales.left)
    if (crowded) tintColumns(tinted.g, bench, box, scales)
    else tintClusters(tinted.g, bench, box, scales)
    g.save()
    g.beginPath()
    g.rect(scales.left - 3, 0, scales.right - scales.left + 6, box.h)
    g.clip?.()
    g.drawImage(tinted.canvas, 0, 0, box.w, box.h)
    drawOwnCuts(g, bench, scales)
    g.restore()
  } else {
    drawTreeLines(g, bench, scales)
    drawOwnCuts(g, bench, scales)
    // no clipping in files: what sticks out is covered, and the labels are written over it
    g.fillStyle = bench.look.paper
    g.fillRect(0, 0, scales.left - 3, box.h)
    g.fillRect(scales.right + 3, 0, box.w, box.h)
    drawAxis(g, bench, box, scales, true)
  }
  drawTints(g, bench, scales)
  drawNumbers(g, bench, scales)
  drawCutLine(g, bench, scales)
}

/** @param {Pen} g @param {Bench} bench @param {TreeScales} scales */
function drawTreeLines(g, bench, scales) {
  const { tree, found, look } = bench, label = new Int32Array(tree.nodes).fill(-2)
  const claim = (/** @type {Cluster} */ cluster, /** @type {number} */ index) => {
    for (const top of cluster.nodes) {
      const waiting = [top]
      for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
        label[node] = index
        if (node >= tree.vectors) waiting.push(tree.left[node - tree.vectors], tree.right[node - tree.vectors])
      }
    }
  }
  for (const cluster of found.rejected) claim(cluster, -1)
  for (const cluster of found.kept) claim(cluster, cluster.index)
  g.lineWidth = lineWidth(bench)
  for (let index = -2; index < found.kept.length; index++) {
    g.strokeStyle = index === -2 ? look.trunk : colourOf(look, found.kept[index]?.number ?? -1)
    strokeMerges(g, bench, scales, node => label[node] === index)
  }
}
