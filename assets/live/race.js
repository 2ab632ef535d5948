// The race of candidates: one curve each, falling on a logarithmic axis while its students learn.
// The wrong ones stall, the right one dives; names stand where the curves end.

import { drawTick, linear } from "../canvas/axis.js"
import { drawSymbol } from "../canvas/symbols.js"
import { font, power, short } from "../canvas/text.js"
import { decades, endOf, grown, panels, scaleOf, spanOf, spread, statesOf, ticks } from "./race_layout.js"
import { glide, pageColour, repaint, stageOf } from "./stage.js"

const MARGIN = { left: 50, right: 140, top: 30, bottom: 40 }
const LABEL = 14, REACH = 26, ROOM = 80
// what stands above the picture on its page, and how tall it may become
const ABOVE = 320, TALLEST = 760
// between two updates of the page the curves grow on, so that the race never stands
const PACE_MS = 700

/** @typedef {RaceSpot & { heat: number, curve: number }} Spot a point of a curve */
/** @typedef {{ grown: Map<string, number>, span: number, heats: number, spots: Spot[], near: Spot | null }} Way */

/** how far each curve was drawn, and what was drawn last, for the pointer @type {WeakMap<object, Way>} */
const WAYS = new WeakMap()

/** @param {Stage<RaceData>} stage */
function coloursOf(stage) {
  return {
    ink: pageColour(stage, "text-color", "#222"), grid: pageColour(stage, "border-color", "#ccc"),
    paper: pageColour(stage, "background-color", "#fff"), floor: pageColour(stage, "green-color", "#009E73"),
  }
}

/** @type {Stage<RaceData>["draw"]} */
function draw(g, box, stage, t) {
  const { data } = stage, way = WAYS.get(stage)
  if (!way || !data.heats.length) return
  const left = MARGIN.left, right = box.w - MARGIN.right, bottom = box.h - MARGIN.bottom
  const range = decades(data), Y = scaleOf(range, MARGIN.top, bottom), colours = coloursOf(stage)
  const spans = data.heats.map(spanOf), last = spans.length - 1
  // the newest heat makes room smoothly
  if (way.heats === spans.length) spans[last] = way.span + t * (spans[last] - way.span)
  const places = panels(spans, left, right)
  drawAxis(g, { left, right }, range, Y, colours)
  drawMarks(g, { left, right }, range, Y, data, colours)
  way.spots = []
  data.heats.forEach((heat, h) => {
    const X = linear(0, spans[h], places[h].left, places[h].right)
    drawHeader(g, heat, places[h], spans[h], X, bottom, colours, h === last)
    drawHeat(g, stage, way, { h, t, X, Y, end: places[h].right, colours })
  })
  if (t === 1) remember(way, data)
}

/** @param {Way} way @param {RaceData} data */
function remember(way, { heats }) {
  heats.forEach(({ curves }, h) => curves.forEach(curve => {
    way.grown.set(`${h} ${curve.name}`, curve.at[curve.at.length - 1] ?? 0)
  }))
  way.heats = heats.length
  way.span = heats.length ? spanOf(heats[heats.length - 1]) : 0
}

/** @typedef {ReturnType<typeof coloursOf>} RaceColours */

/** @param {Pen} g @param {{ left: number, right: number }} across @param {{ high: number, low: number }} range @param {(loss: number) => number} Y @param {RaceColours} colours */
function drawAxis(g, across, range, Y, { grid, ink }) {
  g.globalAlpha = 0.72
  for (const e of ticks(range, Y)) drawTick(g, across, Y(10 ** e), power(e), { grid, ink })
  g.globalAlpha = 1
}

/**
 * the floor of rounding, and the line that imitations seldom pass
 * @param {Pen} g @param {{ left: number, right: number }} across @param {{ high: number, low: number }} range
 * @param {(loss: number) => number} Y @param {RaceData} data @param {RaceColours} colours
 */
function drawMarks(g, { left, right }, { low }, Y, { floor, line, words }, colours) {
  const marks = [[line, words.line, colours.ink, 0.75], [floor, words.floor, colours.floor, 1]]
  for (const [at, says, colour, alpha] of /** @type {[number, string, string, number][]} */ (marks)) {
    if (!(at > 0) || Math.log10(at) <= low) continue
    g.globalAlpha = alpha
    g.setLineDash([5, 4])
    drawTick(g, { left, right }, Y(at), "", { grid: colour, ink: colour })
    g.setLineDash([])
    g.fillStyle = colour
    g.font = font(12)
    g.textAlign = "left"
    g.textBaseline = "alphabetic"
    g.fillText(says, left + 8, Y(at) - 5)
  }
  g.globalAlpha = 1
}

/**
 * @param {CanvasRenderingContext2D} g @param {RaceHeat} heat @param {{ left: number, right: number }} place @param {number} span
 * @param {(iteration: number) => number} X @param {number} bottom @param {RaceColours} colours @param {boolean} newest
 */
function drawHeader(g, heat, { left, right }, span, X, bottom, { ink, grid }, newest) {
  g.fillStyle = ink
  g.strokeStyle = grid
  g.textBaseline = "alphabetic"
  g.textAlign = "left"
  g.globalAlpha = newest ? 1 : 0.72
  g.font = font(13, newest ? 600 : 400)
  const fits = (/** @type {string} */ text) => g.measureText(text).width <= right - left
  const title = [heat.title, `${heat.short} neurons`].find(fits) ?? heat.short
  g.fillText(title, left, MARGIN.top - 12)
  g.globalAlpha = 0.72
  g.font = font(12)
  g.textBaseline = "middle"
  for (const at of right - left > ROOM ? [0, span / 2, span] : []) {
    // the last number of a heat must not stand against the first of the next
    g.textAlign = at === 0 ? "left" : at === span ? "right" : "center"
    if (Number.isInteger(at)) g.fillText(String(at), X(at), bottom + 14)
  }
  if (newest) {
    g.textAlign = "right"
    g.fillText("iterations", right, bottom + 30)
  }
  g.globalAlpha = 1
}

/** @typedef {{ h: number, t: number, X: (at: number) => number, Y: (loss: number) => number, end: number, colours: RaceColours }} Panel */
/** @typedef {{ name: string, loss: number, y: number, state: RaceState, style: Style }} End where a curve ends */
/** @typedef {{ colour: string, width: number, alpha: number, grey: boolean }} Look */

/**
 * @param {Pen} g @param {Stage<RaceData>} stage @param {Way} way @param {Panel} panel
 */
function drawHeat(g, stage, way, panel) {
  const { data } = stage, { h, t, X, Y, end } = panel, heat = data.heats[h], newest = h === data.heats.length - 1
  const states = statesOf(heat, data.line, data.over || !newest)
  /** @type {End[]} */
  const ends = []
  // those that fell behind lie below the others, who dived on top
  const order = heat.curves.map((_, i) => i).sort((a, b) => rank(states[a]) - rank(states[b]))
  for (const i of order) {
    const curve = heat.curves[i], state = states[i], near = isNear(way, h, i)
    const known = way.grown.get(`${h} ${curve.name}`) ?? 0, goal = curve.at[curve.at.length - 1] ?? 0
    const points = grown(curve, known + t * (goal - known), X, Y)
    if (!points.length) continue
    const look = lookOf(data, curve, state, near)
    if (way.near) look.alpha = near ? 1 : 0.35
    else if (!newest && state !== "dived") look.alpha = 0.75
    const last = drawCurve(g, points, curve, state, look)
    if (newest) {
      tail(g, last.x, last.y, end, look)
      ends.push({ name: curve.name, loss: last.loss, y: last.y, state, style: curve.style })
    }
    for (const point of points) way.spots.push({ heat: h, curve: i, ...point })
  }
  g.globalAlpha = 1
  if (newest) drawNames(g, stage, ends, panel, way.near && heat.curves[way.near.curve]?.name)
}

/** @param {Way} way @param {number} heat @param {number} curve */
function isNear({ near }, heat, curve) {
  return near !== null && near.heat === heat && near.curve === curve
}

/** those that fell behind are grey and thin, who dived is bold @param {RaceData} data @param {RaceCurve} curve @param {RaceState} state @param {boolean} near @returns {Look} */
function lookOf({ colours }, { style }, state, near) {
  const grey = state === "behind" && !near
  const width = near || state === "dived" ? 3.2 : grey ? 1.2 : 1.9
  return { colour: grey ? colours.ghost : style[0], width, alpha: 1, grey }
}

/**
 * one curve with its head; where that is
 * @param {Pen} g @param {RaceSpot[]} points @param {RaceCurve} curve @param {RaceState} state @param {Look} look
 */
function drawCurve(g, points, { style }, state, { colour, width, alpha, grey }) {
  g.strokeStyle = colour
  g.lineWidth = width
  g.globalAlpha = alpha
  g.setLineDash(state === "dived" ? [] : style[1])
  g.beginPath()
  points.forEach(({ x, y }, k) => { if (k) g.lineTo(x, y); else g.moveTo(x, y) })
  g.stroke()
  g.setLineDash([])
  const { loss, x, y } = points[points.length - 1]
  if (!grey) drawSymbol(g, style[2], x, y, state === "dived" ? 5 : 3.4, colour)
  return { x, y, loss }
}

/** @param {RaceState} state */
function rank(state) {
  return state === "behind" ? 0 : state === "racing" ? 1 : 2
}

/** from the end of a curve to its name @param {Pen} g @param {number} x @param {number} y @param {number} end @param {Look} look */
function tail(g, x, y, end, { colour, alpha }) {
  if (end - x < 6) return
  g.globalAlpha = 0.45 * alpha
  g.strokeStyle = colour
  g.lineWidth = 1
  g.setLineDash([1, 4])
  g.beginPath()
  g.moveTo(x + 5, y)
  g.lineTo(end, y)
  g.stroke()
  g.setLineDash([])
  g.globalAlpha = alpha
}

/**
 * @param {Pen} g @param {Stage<RaceData>} stage
 * @param {End[]} ends @param {Panel} panel @param {string | null | undefined} near
 */
function drawNames(g, { data, canvas }, ends, { end, colours: { ink } }, near) {
  const bottom = canvas.clientHeight - MARGIN.bottom
  const places = spread(ends.map(({ y }) => y), LABEL, MARGIN.top, bottom)
  g.textAlign = "left"
  g.textBaseline = "middle"
  ends.forEach(({ name, loss, y, state, style }, i) => {
    const behind = state === "behind" && near !== name
    g.globalAlpha = near && near !== name ? 0.35 : behind ? 0.75 : 1
    g.strokeStyle = behind ? data.colours.ghost : style[0]
    g.lineWidth = 1
    g.beginPath()
    g.moveTo(end, y)
    g.lineTo(end + 10, places[i])
    g.stroke()
    if (!behind) drawSymbol(g, style[2], end + 15, places[i], 3.2, style[0])
    g.fillStyle = behind ? data.colours.soft : ink
    g.font = font(behind ? 11 : 12.5, state === "dived" ? 700 : 400)
    const says = state === "dived" ? `${name}  ${power(Math.round(Math.log10(loss)))}` : name
    g.fillText(says, end + (behind ? 13 : 22), places[i])
  })
  g.globalAlpha = 1
}

/** @param {Stage<RaceData>} stage @param {PointerEvent} event */
function hover(stage, event) {
  const { canvas, data, tip } = stage, way = WAYS.get(stage)
  if (!way) return
  const box = canvas.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top
  /** @type {Spot | null} */
  let best = null
  let least = REACH * REACH
  for (const spot of way.spots) {
    const d = (spot.x - x) ** 2 + (spot.y - y) ** 2
    if (d < least) { least = d; best = spot }
  }
  way.near = best
  tip.hidden = best === null
  if (best) {
    const heat = data.heats[best.heat], { name } = heat.curves[best.curve], { at, loss } = best
    const state = statesOf(heat, data.line, data.over || best.heat < data.heats.length - 1)[best.curve]
    tip.textContent = `${name}, ${heat.title}: loss ${short(loss)} after ${Math.ceil(at)} iterations · ${data.words[state]}`
    tip.style.left = `${Math.max(0, Math.min(x + 12, box.width - tip.offsetWidth - 4))}px`
    tip.style.top = `${Math.max(y - 32, 0)}px`
  }
  repaint(stage)
}

/** @param {Stage<RaceData>} stage */
function unhover(stage) {
  const way = WAYS.get(stage)
  if (way) way.near = null
  stage.tip.hidden = true
  repaint(stage)
}

/** @param {Component<RaceData>} component */
export default function (component) {
  const { stage, fresh, leave } = stageOf(component, draw), { heats, over } = component.data
  stage.canvas.style.height = `${Math.max(component.data.height, Math.min(innerHeight - ABOVE, TALLEST))}px`
  if (fresh) {
    stage.canvas.onpointermove = event => hover(stage, event)
    stage.canvas.onpointerleave = () => unhover(stage)
  }
  if (!WAYS.has(stage)) {
    const way = { grown: new Map(), span: 0, heats: 0, spots: [], near: null }
    WAYS.set(stage, way)
    // what has long been run does not run again
    if (over) remember(way, component.data)
  }
  const newest = heats[heats.length - 1]
  const ends = (newest?.curves ?? []).map(curve => endOf(curve)?.at ?? 0)
  stage.canvas.dataset.iteration = String(Math.max(0, ...ends))
  glide(stage, PACE_MS)
  return leave
}
