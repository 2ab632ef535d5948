// What of the tree and of the map is seen: zoomed, moved, and brought into view.

import { heightOf, shifted, value, wholeRange, zoomed } from "./scale.js"

/** @param {Bench} bench @param {boolean} log */
export function setLog(bench, log) {
  bench.whole = wholeRange(bench.tree, log)
  Object.assign(bench.view, { log, lo: bench.whole[0], hi: bench.whole[1] })
}

/** @param {Bench} bench @param {number} factor @param {number} place @param {number | null} v */
export function zoomTree(bench, factor, place, v) {
  const { view, tree } = bench
  const [x0, x1] = zoomed([view.x0, view.x1], place, factor, [-0.5, tree.vectors - 0.5], 3)
  Object.assign(view, { x0, x1 })
  if (v === null) return
  const [lo, hi] = zoomed([view.lo, view.hi], v, factor, bench.whole, view.log ? 0.5 : bench.whole[1] / 1e4)
  Object.assign(view, { lo, hi })
}

/** @param {Bench} bench @param {number} places @param {number} v */
export function panTree(bench, places, v) {
  const { view, tree } = bench
  const [x0, x1] = shifted([view.x0, view.x1], places, [-0.5, tree.vectors - 0.5])
  const [lo, hi] = shifted([view.lo, view.hi], v, bench.whole)
  Object.assign(view, { x0, x1, lo, hi })
}

/**
 * moves the tree, no more than it must, until a branch is within what is seen
 * @param {Bench} bench @param {number} node
 */
export function reveal(bench, node) {
  const { view, tree } = bench, x = tree.x[node], v = value(tree.height[node], view.log)
  /** @type {(at: number, low: number, high: number) => number} */
  const by = (at, low, high) => (at < low || at > high ? at - (low + high) / 2 : 0)
  panTree(bench, by(x, view.x0, view.x1), node < tree.vectors ? 0 : by(v, view.lo, view.hi))
}

const MOST_ZOOM = 1e5

/**
 * about a place (px, py) of a map of w × h; never smaller than the whole
 * @param {Bench} bench @param {number} factor @param {number} px @param {number} py @param {Box} box
 */
export function zoomMap(bench, factor, px, py, { w, h }) {
  const { k, x, y } = bench.mapZoom, next = Math.max(1, Math.min(MOST_ZOOM, k * factor)), f = next / k
  bench.mapZoom = next === 1 ? { k: 1, x: 0, y: 0 } : {
    k: next, x: px - w / 2 - f * (px - w / 2 - x), y: py - h / 2 - f * (py - h / 2 - y),
  }
}

/**
 * a place beyond the map's edge comes to its middle
 * @param {Bench} bench @param {number} px @param {number} py @param {Box} box
 */
export function revealOnMap(bench, px, py, { w, h }) {
  if (px >= 0 && px <= w && py >= 0 && py <= h) return false
  const { k, x, y } = bench.mapZoom
  bench.mapZoom = { k, x: x + w / 2 - px, y: y + h / 2 - py }
  return true
}

/** all of the map @param {Bench} bench */
export function fitMap(bench) {
  bench.mapZoom = { k: 1, x: 0, y: 0 }
}

/** all of the tree @param {Bench} bench */
export function fitTree(bench) {
  Object.assign(bench.view, { x0: -0.5, x1: bench.tree.vectors - 0.5, lo: bench.whole[0], hi: bench.whole[1] })
}

/**
 * the lowest value of the axis at which there can be a cut: on a logarithmic one a little above
 * its end, where vectors hang
 * @param {Bench} bench
 */
export function lowest(bench) {
  return bench.view.log ? bench.whole[0] + 1.1 : bench.whole[1] * 1e-6
}

/**
 * a step along the height axis: a tenth of a decade, or a fiftieth of what is seen
 * @param {Bench} bench @param {number} height @param {number} steps
 */
export function nudged(bench, height, steps) {
  const { log, lo, hi } = bench.view
  const next = value(height, log) + steps * (log ? 0.1 : (hi - lo) / 50)
  const [least, most] = [lowest(bench), bench.whole[1]]
  return heightOf(Math.max(least, Math.min(most, next)), log)
}
