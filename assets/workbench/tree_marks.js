// What is marked on the tree: what is hovered or picked, colours and numbers below it, branches' own cuts.

import { font } from "../canvas/text.js"
import { extent, hang, yOf } from "./axes.js"
import { colourOf } from "./look.js"
import { value } from "./scale.js"
import { tintOf } from "./tint.js"

/** shaded columns behind what is hovered or picked @param {Pen} g @param {Bench} bench @param {TreeScales} scales */
export function drawLit(g, bench, scales) {
  const { lit, look } = bench
  if (!lit) return
  for (const cluster of lit.clusters) {
    for (const node of cluster.nodes) {
      const { left, right } = extent(bench, scales, node)
      g.fillStyle = cluster.kept ? colourOf(look, cluster.number) : look.muted
      g.globalAlpha = 0.13
      g.fillRect(left, scales.top, Math.max(right - left, 2), scales.bottom - scales.top)
    }
  }
  g.globalAlpha = 1
  if (lit.branch >= 0) {
    const { left, right } = extent(bench, scales, lit.branch)
    const { tree } = bench, leaf = lit.branch < tree.vectors && tree.parent[lit.branch] >= 0
    const y = yOf(bench, scales, tree.height[leaf ? tree.parent[lit.branch] : lit.branch])
    const bottom = leaf ? scales.Y(value(tree.height[tree.parent[lit.branch]], bench.view.log) - hang(bench)) + 3 : scales.bottom
    g.strokeStyle = look.text
    g.lineWidth = 1.5
    g.strokeRect(left, Math.min(y - 4, scales.bottom - 6), Math.max(right - left, 3), bottom - y + 4)
  }
  for (const vector of lit.vectors) {
    const x = scales.X(bench.tree.place[vector])
    g.strokeStyle = look.text
    g.lineWidth = 1.5
    g.beginPath()
    g.moveTo(x, scales.bottom + 1)
    g.lineTo(x, scales.bottom + 7)
    g.stroke()
  }
}

/**
 * under the tree each vector's own colour, where that is not its cluster's
 * @param {Pen} g @param {Bench} bench @param {TreeScales} scales
 */
export function drawTints(g, bench, scales) {
  if (bench.colourBy === "cluster") return
  const { tree, view } = bench, own = tintOf(bench), wide = Math.max(scales.X(1) - scales.X(0) - 0.2, 1)
  const from = Math.max(0, Math.ceil(view.x0)), to = Math.min(tree.vectors - 1, Math.floor(view.x1))
  // one per pixel at most
  const every = Math.max(1, Math.floor((to - from) / (2 * (scales.right - scales.left))))
  for (let p = from; p <= to; p += every) {
    g.fillStyle = own(tree.order[p]).colour
    g.fillRect(scales.X(p) - wide / 2, scales.bottom - 6, wide, 6)
  }
}

/** @param {Pen} g @param {Bench} bench @param {TreeScales} scales */
export function drawNumbers(g, bench, scales) {
  g.font = font(12, 600)
  g.textAlign = "center"
  g.textBaseline = "middle"
  let last = -Infinity
  const labels = bench.found.kept.flatMap(cluster => cluster.nodes.map(node => {
    const { left, right } = extent(bench, scales, node)
    return { x: (left + right) / 2, left, right, cluster }
  })).sort((a, b) => a.x - b.x)
  for (const { x, left, right, cluster } of labels) {
    if (right < scales.left || left > scales.right) continue
    g.fillStyle = colourOf(bench.look, cluster.number)
    g.fillRect(Math.max(left, scales.left), scales.bottom + 2, Math.max(Math.min(right, scales.right) - Math.max(left, scales.left) - 1, 1.5), 3)
    if (x < last + 17 || x < scales.left || x > scales.right) continue
    g.fillStyle = bench.look.text
    g.fillText(String(cluster.number + 1), x, scales.bottom + 14)
    last = x
  }
}

/** branches with a height of their own: a short line with a knob @param {Bench} bench @param {TreeScales} scales */
export function ownCuts(bench, scales) {
  return bench.cut.edits.filter(edit => edit[0] === "cut" && edit[1] < bench.tree.nodes).map(([, node, height]) => {
    const { left, right } = extent(bench, scales, node)
    return { node, height, left: Math.min(left, right - 14), right: Math.max(right, left + 14), y: yOf(bench, scales, height) }
  })
}

/** @param {Pen} g @param {Bench} bench @param {TreeScales} scales */
export function drawOwnCuts(g, bench, scales) {
  for (const { left, right, y } of ownCuts(bench, scales)) {
    g.strokeStyle = g.fillStyle = bench.look.accent
    g.lineWidth = 2
    g.setLineDash([5, 3])
    g.beginPath()
    g.moveTo(left, y)
    g.lineTo(right, y)
    g.stroke()
    g.setLineDash([])
    g.beginPath()
    g.arc((left + right) / 2, y, 4, 0, 2 * Math.PI)
    g.fill()
  }
}
