// The height axis that the tree and the counts share: scales, lines across, and the line of the cut.

import { drawTick, linear } from "../canvas/axis.js"
import { HANG, ticks, value } from "./scale.js"

const MARGIN = { left: 58, right: 10, top: 12, bottom: 24 }

/**
 * where things are: X of a place, Y of a value of the height axis, and back
 * @param {Bench} bench @param {Box} box @returns {TreeScales}
 */
export function treeScales(bench, box) {
  const { x0, x1, lo, hi } = bench.view
  return {
    left: MARGIN.left, right: box.w - MARGIN.right, top: MARGIN.top, bottom: box.h - MARGIN.bottom,
    X: linear(x0, x1, MARGIN.left, box.w - MARGIN.right),
    place: linear(MARGIN.left, box.w - MARGIN.right, x0, x1),
    Y: linear(hi, lo, MARGIN.top, box.h - MARGIN.bottom),
    v: linear(MARGIN.top, box.h - MARGIN.bottom, hi, lo),
  }
}

/** @param {Bench} bench @param {TreeScales} scales @param {number} height */
export function yOf(bench, scales, height) {
  return scales.Y(value(height, bench.view.log))
}

/**
 * @param {Pen} g @param {Bench} bench @param {Box} box @param {TreeScales} scales
 * @param {boolean} labelled with numbers beside the lines
 */
export function drawAxis(g, bench, box, scales, labelled) {
  const { look, view } = bench
  for (const { v, label } of ticks([view.lo, view.hi], view.log, Math.floor(box.h / 38))) {
    const y = Math.round(scales.Y(v)) + 0.5
    if (y < scales.top - 2 || y > scales.bottom + 2) continue
    drawTick(g, scales, y, labelled ? label : "", { grid: look.grid, ink: look.muted })
  }
}

/** @param {Pen} g @param {Bench} bench @param {TreeScales} scales */
export function drawCutLine(g, bench, scales) {
  const y = yOf(bench, scales, bench.cut.height)
  if (y < scales.top - 1 || y > scales.bottom + 1) return
  g.strokeStyle = bench.look.accent
  g.lineWidth = 2
  g.beginPath()
  g.moveTo(scales.left, y)
  g.lineTo(scales.right, y)
  g.stroke()
}

/** how far vectors hang below their merge @param {Bench} bench */
export function hang(bench) {
  return bench.view.log ? HANG : 0.03 * (bench.whole[1] - bench.whole[0])
}

/**
 * the places a node covers on the screen, and where its own lines begin
 * @param {Bench} bench @param {TreeScales} scales @param {number} node
 */
export function extent(bench, scales, node) {
  const { tree } = bench, parent = tree.parent[node]
  const left = scales.X(tree.first[node] - 0.5), right = scales.X(tree.first[node] + tree.size[node] - 0.5)
  const ownTop = parent < 0 ? scales.top : yOf(bench, scales, tree.height[parent]) + 1
  return { left, right, ownTop }
}
