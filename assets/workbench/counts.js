// Clusters against height, on the tree's own height axis; a click on a plateau moves the cut there.

import { drawAxis, drawCutLine, treeScales, yOf } from "./dendrogram.js"
import { linear } from "./scale.js"
import { lastLong } from "./plateau.js"

const LEFT = 10, RIGHT = 12

export function countScales(bench, box) {
  const scales = treeScales(bench, box)
  const most = Math.max(1, ...bench.plateaus.map(plateau => plateau.count))
  return { ...scales, left: LEFT, right: box.w - RIGHT, C: linear(0, most * 1.08, LEFT, box.w - RIGHT), most }
}

// a plateau's lower and upper end on the screen
export function band(bench, scales, plateau) {
  const at = decade => scales.Y(bench.view.log ? decade : 10 ** decade)
  // heights of rounding are one height to the engine; here they are drawn down to the axis' end
  const low = plateau.low <= -15 && bench.view.log ? scales.Y(Math.max(bench.whole[0], -17)) : at(plateau.low)
  return { top: Math.max(at(plateau.high), scales.top), bottom: Math.min(low, scales.bottom) }
}

export function plateauUnder(bench, scales, y) {
  return bench.plateaus.find(plateau => {
    const { top, bottom } = band(bench, scales, plateau)
    return y >= top && y <= bottom
  }) ?? null
}

export function drawCounts(g, box, bench) {
  const { look } = bench, scales = countScales(bench, box)
  drawAxis(g, bench, box, scales, false)
  const automatic = lastLong(bench.plateaus, bench.tree.scale)
  const label = []
  for (const plateau of bench.plateaus) {
    const { top, bottom } = band(bench, scales, plateau)
    if (bottom <= top) continue
    const chosen = plateau === automatic, hovered = plateau === bench.plateauHover
    g.fillStyle = chosen ? look.accent : look.blue
    g.globalAlpha = hovered ? 0.75 : chosen ? 0.36 : plateau.high - plateau.low >= 1 ? 0.3 : 0.2
    g.fillRect(LEFT, top, Math.max(scales.C(plateau.count) - LEFT, 1), Math.max(bottom - top, 1))
    g.globalAlpha = 1
    if (bottom - top >= 13) label.push({ plateau, chosen, top, bottom })
  }
  g.strokeStyle = look.text
  g.lineWidth = 1.25
  g.beginPath()
  let open = false, end = 0
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
  drawCutLine(g, bench, scales)
  g.textBaseline = "middle"
  const cut = yOf(bench, scales, bench.cut.height)
  for (const { plateau, chosen, top, bottom } of label) {
    // beside the cut line, not under it
    const middle = (top + bottom) / 2
    const y = bottom - top > 60 && Math.abs(middle - cut) < 30 ? cut - 34 : middle, x = scales.C(plateau.count)
    const inside = x > box.w * 0.55
    g.textAlign = inside ? "right" : "left"
    const room = 8 * String(plateau.count).length + 4
    if (Math.abs(y - cut) < 9) {
      g.fillStyle = look.paper
      g.fillRect(inside ? x - 5 - room : x + 3, y - 8, room + 2, 15)
    }
    g.fillStyle = look.text
    g.font = "600 12px ui-sans-serif, system-ui, sans-serif"
    g.fillText(String(plateau.count), inside ? x - 5 : x + 5, y)
    if (chosen && bottom - top >= 30) {
      g.font = "11px ui-sans-serif, system-ui, sans-serif"
      g.fillText("automatic", inside ? x - 5 : x + 5, y + 14)
    }
  }
  g.font = "11px ui-sans-serif, system-ui, sans-serif"
  g.fillStyle = look.muted
  g.textAlign = "right"
  g.fillText("clusters →", box.w - RIGHT, box.h - 10)
}
