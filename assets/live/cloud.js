// The weight vectors of all students as points, gliding to where training takes them.
//
// A fixed projection to two dimensions, chosen by the page: points that meet in it and stay together
// are vectors that have become equal.

import { drawSymbol } from "../canvas/symbols.js"
import { glide, pageColour, stageOf } from "./stage.js"

const POINT = 3.5, STAR = 8

/** @typedef {[number, number][][]} Points per student and neuron */

/** what is under way: where points come from, where they are, how far the picture reaches @type {WeakMap<object, { from: Points | null, now: Points | null, span: number }>} */
const WAYS = new WeakMap()

/** @type {Stage<CloudData>["draw"]} */
function draw(g, { w, h }, stage, t) {
  const { data } = stage, way = WAYS.get(stage)
  if (!way) return
  const cx = w / 2, cy = h / 2, k = Math.min(w, h) / (2.1 * way.span)
  g.strokeStyle = pageColour(stage, "border-color", "#ccc")
  g.lineWidth = 1
  g.globalAlpha = 0.7
  g.beginPath()
  g.moveTo(0, cy)
  g.lineTo(w, cy)
  g.moveTo(cx, 0)
  g.lineTo(cx, h)
  g.stroke()
  way.now = data.students.map((points, s) => points.map((goal, n) => {
    const from = way.from?.[s]?.[n] ?? goal
    return [from[0] + t * (goal[0] - from[0]), from[1] + t * (goal[1] - from[1])]
  }))
  g.globalAlpha = 0.62
  way.now.forEach((points, s) => {
    const [colour, , mark] = data.styles[s]
    // its colour alone would not tell sixteen of them apart
    for (const [x, y] of points) drawSymbol(g, mark, cx + k * x, cy - k * y, POINT, colour)
  })
  g.globalAlpha = 1
  for (const [x, y] of data.truth ?? []) drawSymbol(g, "star", cx + k * x, cy - k * y, STAR, data.colours.truth)
}

/** @param {Component<CloudData>} component */
export default function (component) {
  const { stage, leave } = stageOf(component, draw), { span } = component.data, before = WAYS.get(stage)
  WAYS.set(stage, {
    from: before?.now ?? null,
    now: before?.now ?? null,
    // the frame only grows slowly, so that motion is seen as motion of the points
    span: before ? Math.max(0.97 * before.span, Math.min(span, 1.6 * before.span)) : span,
  })
  glide(stage)
  return leave
}
