// The height axis, logarithmic or linear, and windows on it and on the places from left to right.

import { power } from "../canvas/text.js"

// where a logarithmic axis ends: whatever merges lower is drawn there
export const LOWEST_DECADE = -17
export const LOWEST = 1e-17
// how far vectors hang below their merge, in decades
export const HANG = 0.7

/** @param {number} height @param {boolean} log */
export function value(height, log) {
  return log ? Math.log10(Math.max(height, LOWEST)) : height
}

/** never infinite, and never zero on a logarithmic axis @param {number} v @param {boolean} log */
export function heightOf(v, log) {
  return log ? Math.min(Math.max(10 ** v, Number.MIN_VALUE), Number.MAX_VALUE) : v
}

/**
 * everything there is to see of a tree's heights, as values of the axis
 * @param {Tree} tree @param {boolean} log @returns {[number, number]}
 */
export function wholeRange(tree, log) {
  const highest = tree.nodes > tree.vectors ? tree.height[tree.nodes - 1] : 0
  const top = Math.max(highest, tree.scale, LOWEST)
  if (!log) return [-0.06 * top, 1.06 * top]
  // down to the first merge; rounding is shown only where something merges there
  const first = Math.max(tree.nodes > tree.vectors ? tree.height[tree.vectors] : LOWEST, LOWEST)
  const low = Math.max(Math.log10(LOWEST), Math.min(Math.floor(Math.log10(first)) - 1, -4))
  return [low - 1.1, Math.ceil(Math.log10(top)) + 0.4]
}

/**
 * a window moved and stretched about a point, never beyond the whole
 * @param {[number, number]} window @param {number} about @param {number} factor
 * @param {[number, number]} whole @param {number} smallest @returns {[number, number]}
 */
export function zoomed([low, high], about, factor, [least, most], smallest) {
  const span = Math.min(most - least, Math.max(smallest, (high - low) * factor))
  const share = (about - low) / (high - low)
  return shifted([about - share * span, about + (1 - share) * span], 0, [least, most])
}

/** @param {[number, number]} window @param {number} by @param {[number, number]} whole @returns {[number, number]} */
export function shifted([low, high], by, [least, most]) {
  const span = high - low
  const start = Math.max(least, Math.min(most - span, low + by))
  return [start, start + span]
}

/** decades, thinned to those that fit @param {[number, number]} window @param {number} room */
function decadeTicks([low, high], room) {
  const every = [1, 2, 4, 8].find(n => (high - low) / n <= room) ?? 16
  const found = [], floor = low <= LOWEST_DECADE
  for (let e = Math.ceil(Math.max(low, LOWEST_DECADE + 1) / every) * every; e <= high; e += every) {
    if (!floor || e - LOWEST_DECADE >= 0.7 * every) found.push({ v: e, label: power(e) })
  }
  if (floor) found.unshift({ v: LOWEST_DECADE, label: `≤ ${power(LOWEST_DECADE)}` })
  return found
}

/**
 * values of the axis and their labels: decades, or round numbers on a linear axis
 * @param {[number, number]} window @param {boolean} log @param {number} room for how many there is
 */
export function ticks([low, high], log, room) {
  if (log) return decadeTicks([low, high], room)
  const rough = (high - low) / Math.max(room, 1), size = 10 ** Math.floor(Math.log10(rough))
  const each = size * ([1, 2, 5].find(n => n * size >= rough) ?? 10)
  const found = []
  for (let i = Math.ceil(low / each); i * each <= high; i++) {
    if (i >= 0) found.push({ v: i * each, label: String(Number((i * each).toPrecision(6))) })
  }
  return found
}
