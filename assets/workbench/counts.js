// Clusters against height, on the tree's own height axis; a click on a plateau moves the cut there.

import { linear } from "../canvas/axis.js"
import { font } from "../canvas/text.js"
import { drawAxis, drawCutLine, treeScales, yOf } from "./axes.js"
import { lastLong, lengthOf } from "./plateau.js"
import { LOWEST_DECADE } from "./scale.js"

const LEFT = 10, RIGHT = 12

/** @typedef {ReturnType<typeof countScales>} CountScales */

/** @param {Bench} bench @param {Box} box */
export function countScales(bench, box) {
  const scales = treeScales(bench, box)
  const most = Math.max(1, ...bench.plateaus.map(plateau => plateau.count))
  const C = linear(0, most * 1.08, LEFT, box.w - RIGHT), automatic = lastLong(bench.plateaus, bench.tree)
  return { ...scales, left: LEFT, right: box.w - RIGHT, C, automatic }
}

/**
 * a plateau's lower and upper end on the screen
 * @param {Bench} bench @param {TreeScales} scales @param {Plateau} plateau
 */
export function band(bench, scales, plateau) {
  const at = (/** @type {number} */ decade) => scales.Y(bench.view.log ? decade : 10 ** decade)
  // heights of rounding are one height to the engine; here they are drawn down to the axis' end
  const rounding = plateau.low <= Math.log10(bench.tree.rules.heightFloor)
  const low = rounding && bench.view.log ? scales.Y(Math.max(bench.whole[0], LOWEST_DECADE)) : at(plateau.low)
  return { top: Math.max(at(plateau.high), scales.top), bottom: Math.min(low, scales.bottom) }
}

/** @param {Bench} bench @param {TreeScales} scales @param {number} y */
export function plateauUnder(bench, scales, y) {
  return bench.plateaus.find(plateau => {
    const { top, bottom } = band(bench, scales, plateau)
    return y >= top && y <= bottom
  }) ?? null
}

/** a plateau's number, beside the cut line and not under it @param {Pen} g @param {Box} box @param {Bench} bench @param {CountScales} scales @param {Plateau} plateau */
function drawNumber(g, box, bench, scales, plateau) {
  const { look } = bench, { top, bottom } = band(bench, scales, plateau), tall = bottom - top
  if (tall < 13) return
  const cut = yOf(bench, scales, bench.cut.height), middle = (top + bottom) / 2, text = String(plateau.count)
  const y = tall > 60 && Math.abs(middle - cut) < 30 ? cut - 34 : middle, x = scales.C(plateau.count)
  const inside = x > box.w * 0.55, at = inside ? x - 5 : x + 5
  g.textAlign = inside ? "right" : "left"
  if (Math.abs(y - cut) < 9) {
    const room = 8 * text.length + 4
    g.fillStyle = look.paper
    g.fillRect(inside ? at - room : at - 2, y - 8, room + 2, 15)
  }
  g.fillStyle = look.text
  g.font = font(12, 600)
  g.fillText(text, at, y)
  if (plateau === scales.automatic && tall >= 30) {
    g.font = font(11)
    g.fillText("automatic", at, y + 14)
  }
}

/** how far each plateau goes @param {Pen} g @param {Bench} bench @param {CountScales} scales */
function drawBars(g, bench, scales) {
  const { look, tree } = bench
  for (const plateau of bench.plateaus) {
    const { top, bottom } = band(bench, scales, plateau), chosen = plateau === scales.automatic
    if (bottom <= top) continue
    const alpha = chosen ? 0.36 : lengthOf(plateau) >= tree.rules.longDecades ? 0.3 : 0.2
    g.fillStyle = chosen ? look.accent : look.blue
    g.globalAlpha = plateau === bench.plateauHover ? 0.75 : alpha
    g.fillRect(LEFT, top, Math.max(scales.C(plateau.count) - LEFT, 1), Math.max(bottom - top, 1))
  }
  g.globalAlpha = 1
}

/** one line around all of them @param {Pen} g @param {Bench} bench @param {CountScales} scales */
function drawStairs(g, bench, scales) {
  let open = false, end = 0
  g.strokeStyle = bench.look.text
  g.lineWidth = 1.25
  g.beginPath()
  for (const plateau of bench.plateaus) {
    const { top, bottom } = band(bench, scales, plateau), x = scales.C(plateau.count)
    if (bottom < scales.top || top > scales.bottom) continue
    if (!open || Math.abs(end - bottom) > 1) g.moveTo(LEFT, bottom)
    g.lineTo(x, bottom)
    g.lineTo(x, top)
    open = true
    end = top
  }
  if (open) g.lineTo(LEFT, end)
  g.stroke()
}

/** @type {Draw} */
export function drawCounts(g, box, bench) {
  const scales = countScales(bench, box)
  drawAxis(g, bench, box, scales, false)
  drawBars(g, bench, scales)
  drawStairs(g, bench, scales)
  drawCutLine(g, bench, scales)
  g.textBaseline = "middle"
  for (const plateau of bench.plateaus) drawNumber(g, box, bench, scales, plateau)
  g.font = font(11)
  g.fillStyle = bench.look.muted
  g.textAlign = "right"
  g.fillText("clusters →", box.w - RIGHT, box.h - 10)
}
