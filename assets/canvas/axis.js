// The axes of every picture with a height: linear scales, and lines with their numbers beside them.

import { font } from "./text.js"

/**
 * from one range onto another
 * @param {number} from0 @param {number} from1 @param {number} to0 @param {number} to1
 */
export function linear(from0, from1, to0, to1) {
  const k = (to1 - to0) / (from1 - from0 || 1)
  return (/** @type {number} */ v) => to0 + (v - from0) * k
}

/**
 * one line across, its number to the left of it ("" for none)
 * @param {Pen} g @param {{ left: number, right: number }} across @param {number} y
 * @param {string} label @param {{ grid: string, ink: string }} colours
 */
export function drawTick(g, { left, right }, y, label, { grid, ink }) {
  g.strokeStyle = grid
  g.lineWidth = 1
  g.beginPath()
  g.moveTo(left, y)
  g.lineTo(right, y)
  g.stroke()
  if (label === "") return
  g.font = font(12)
  g.fillStyle = ink
  g.textAlign = "right"
  g.textBaseline = "middle"
  g.fillText(label, left - 7, y)
}
