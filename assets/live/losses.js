// The students' losses while they train: one line each on a logarithmic axis; hovering reads the
// nearest point.

import { drawTick, linear } from "../canvas/axis.js"
import { font, power } from "../canvas/text.js"
import { pageColour, repaint, stageOf } from "./stage.js"

const MARGIN = { left: 46, right: 10, top: 10, bottom: 40 }
const REACH = 30, MOST_TICKS = 7

/** @typedef {{ X: (iteration: number) => number, Y: (loss: number) => number }} Scales */
/** @typedef {{ student: number, at: number, loss: number }} Near the point that is hovered */

/** what was drawn last, for the pointer @type {WeakMap<object, { scales: Scales, near: Near | null }>} */
const SHOWN = new WeakMap()

/** decades, the lowest and highest that are shown @param {LossData} data */
function bounds({ series, floor }) {
  let low = Infinity, high = -Infinity
  for (const line of series) {
    for (const value of line) {
      if (value === null || !(value > 0)) continue
      const l = Math.log10(value)
      if (l < low) low = l
      if (l > high) high = l
    }
  }
  if (!Number.isFinite(low)) { low = -2; high = 0 }
  if (floor > 0) low = Math.min(low, Math.max(Math.log10(floor) - 1, low - 6))
  return { low: Math.floor(low), high: Math.max(Math.ceil(high), Math.floor(low) + 2) }
}

/** @param {LossData} data */
function lastOf({ at }) {
  return at.length ? Math.max(at[at.length - 1], 10) : 10
}

/** @type {Stage<LossData>["draw"]} */
function draw(g, box, stage) {
  const { data } = stage, { low, high } = bounds(data), last = lastOf(data), near = SHOWN.get(stage)?.near ?? null
  const left = MARGIN.left, right = box.w - MARGIN.right, bottom = box.h - MARGIN.bottom
  const decades = linear(high, low, MARGIN.top, bottom), X = linear(0, last, left, right)
  const Y = (/** @type {number} */ loss) => decades(Math.log10(loss))
  const ink = pageColour(stage, "text-color", "#222"), grid = pageColour(stage, "border-color", "#ccc")
  g.globalAlpha = 0.72
  for (let e = high; e >= low; e -= Math.max(1, Math.ceil((high - low) / MOST_TICKS))) {
    drawTick(g, { left, right }, decades(e), power(e), { grid, ink })
  }
  g.font = font(12)
  g.fillStyle = ink
  g.textBaseline = "middle"
  g.textAlign = "center"
  for (let i = 0; i <= 4; i++) {
    const iteration = Math.round(last * i / 4)
    g.fillText(String(iteration), Math.min(X(iteration), right - 10), bottom + 14)
  }
  g.textAlign = "right"
  g.fillText("iteration", right, box.h - 8)
  g.globalAlpha = 1
  if (data.floor > 0 && Math.log10(data.floor) > low) {
    const colour = pageColour(stage, "green-color", "#009E73"), y = Y(data.floor)
    g.setLineDash([5, 4])
    drawTick(g, { left, right }, y, "", { grid: colour, ink })
    g.setLineDash([])
    g.fillStyle = colour
    g.textAlign = "left"
    g.fillText("exact to rounding", left + 6, y - 8)
  }
  data.series.forEach((values, s) => {
    g.lineWidth = near?.student === s ? 3 : 1.6
    g.globalAlpha = near && near.student !== s ? 0.3 : 0.92
    drawLine(g, { X, Y }, data, values, s)
  })
  g.globalAlpha = 1
  SHOWN.set(stage, { scales: { X, Y }, near })
}

/**
 * one student's line, and a dot where it is now
 * @param {CanvasRenderingContext2D} g @param {Scales} scales @param {LossData} data
 * @param {(number | null)[]} values @param {number} student
 */
function drawLine(g, { X, Y }, data, values, student) {
  const [colour, dashes] = data.styles[student]
  let open = false, end = null
  g.strokeStyle = g.fillStyle = colour
  g.setLineDash(dashes)
  g.beginPath()
  for (const [i, value] of values.entries()) {
    if (value === null || !(value > 0)) { open = false; continue }
    const x = X(data.at[i]), y = Y(value)
    if (open) g.lineTo(x, y); else g.moveTo(x, y)
    open = true
    end = { x, y }
  }
  g.stroke()
  g.setLineDash([])
  if (!end) return
  g.beginPath()
  g.arc(end.x, end.y, 2.6, 0, 2 * Math.PI)
  g.fill()
}

/** @param {LossData} data @param {Scales} scales @param {number} x @param {number} y @returns {Near | null} */
function nearest({ series, at }, { X, Y }, x, y) {
  /** @type {Near | null} */
  let best = null
  let least = REACH * REACH
  series.forEach((values, student) => values.forEach((loss, i) => {
    if (loss === null || !(loss > 0)) return
    const dx = X(at[i]) - x, dy = Y(loss) - y, d = dx * dx + dy * dy
    if (d < least) { least = d; best = { student, at: at[i], loss } }
  }))
  return best
}

/** @param {Stage<LossData>} stage @param {PointerEvent} event */
function hover(stage, event) {
  const { canvas, data, tip } = stage, shown = SHOWN.get(stage)
  if (!shown) return
  const box = canvas.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top
  const near = shown.near = nearest(data, shown.scales, x, y)
  tip.hidden = near === null
  if (near) {
    const { student, at, loss } = near
    tip.textContent = `${data.label} ${student + 1} · iteration ${at} · loss ${loss.toExponential(2)} · ${data.status[student] ?? ""}`
    tip.style.left = `${Math.min(x + 12, box.width - 250)}px`
    tip.style.top = `${Math.max(y - 30, 0)}px`
  }
  repaint(stage)
}

/** @param {Stage<LossData>} stage */
function unhover(stage) {
  const shown = SHOWN.get(stage)
  if (shown) shown.near = null
  stage.tip.hidden = true
  repaint(stage)
}

/** @param {Component<LossData>} component */
export default function (component) {
  const { stage, fresh, leave } = stageOf(component, draw), { at } = component.data
  if (fresh) {
    stage.canvas.onpointermove = event => hover(stage, event)
    stage.canvas.onpointerleave = () => unhover(stage)
  }
  stage.canvas.dataset.iteration = String(at.length ? at[at.length - 1] : 0)
  repaint(stage)
  return leave
}
