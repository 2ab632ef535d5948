// The line below the map that says what its colours are.

import { rgb } from "../canvas/colour.js"
import { drawSymbol } from "../canvas/symbols.js"
import { font, power } from "../canvas/text.js"
import { entries, lossRamp, lossRange } from "./tint.js"

export const LEGEND = 20
const BAR = 120, STEPS = 40

/** @param {Pen} g @param {Bench} bench @param {number} y */
function drawLoss(g, bench, y) {
  const [low, high] = lossRange(bench.tree), colours = lossRamp(bench.look)
  let x = 12
  const write = (/** @type {string} */ text) => {
    g.fillStyle = bench.look.muted
    g.fillText(text, x, y)
    x += 6.2 * text.length + 8
  }
  write("loss")
  write(power(Math.floor(low)))
  for (let i = 0; i < STEPS; i++) {
    g.fillStyle = rgb(colours[Math.round((255 * i) / (STEPS - 1))])
    g.fillRect(x + (BAR * i) / STEPS, y - 4, BAR / STEPS + 0.5, 8)
  }
  x += BAR + 8
  write(power(Math.ceil(high)))
}

/** @param {Pen} g @param {Box} box @param {Bench} bench */
export function drawLegend(g, box, bench) {
  const y = box.h - LEGEND / 2 - 1
  g.font = font(11)
  g.textAlign = "left"
  g.textBaseline = "middle"
  if (bench.colourBy === "loss") { drawLoss(g, bench, y); return }
  const all = entries(bench), word = bench.colourBy
  g.fillStyle = bench.look.muted
  g.fillText(word, 12, y)
  let x = 12 + 6.2 * word.length + 8
  for (let i = 0; i < all.length; i++) {
    const { kind, colour, text } = all[i], width = 14 + 7 * text.length + 6, left = all.length - i
    // the last place is for how many there are beyond it
    if (x + width + (left > 1 ? 52 : 0) > box.w) {
      g.fillStyle = bench.look.muted
      g.fillText(`and ${left} more`, x, y)
      return
    }
    drawSymbol(g, kind, x + 4, y, 3.6, colour)
    g.fillStyle = bench.look.text
    g.fillText(text, x + 11, y)
    x += width
  }
}
