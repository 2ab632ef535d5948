// Neurons of a network with two inputs as lines w·x + b = 0 in the plane, gliding to where they are.

import { drawCircles, nameInputs, planeScales, traceLine } from "../canvas/plane.js"
import { glide, pageColour, stageOf } from "./stage.js"

/** @typedef {[number, number]} Place of a line: its direction's angle, and how far along that it is */
/** @typedef {(Place | null)[][]} Places per student and neuron */

/** what is under way: where lines come from, where they are @type {WeakMap<object, { from: Places | null, now: Places | null }>} */
const WAYS = new WeakMap()

/** lines glide along angle and offset, not along raw weights @param {[number, number, number]} neuron @returns {Place | null} */
function place([w1, w2, b]) {
  const norm = Math.hypot(w1, w2)
  return norm < 1e-9 ? null : [Math.atan2(w2, w1), -b / norm]
}

/** @param {Place | null} a @param {Place | null} b @param {number} t @returns {Place | null} */
function between(a, b, t) {
  if (!a || !b) return b
  let [angle, offset] = a
  let turn = b[0] - angle
  turn = Math.atan2(Math.sin(turn), Math.cos(turn))
  // (angle + pi, -offset) is the same line: take the shorter way
  if (Math.abs(turn) > Math.PI / 2) {
    angle += Math.PI
    offset = -offset
    turn = Math.atan2(Math.sin(b[0] - angle), Math.cos(b[0] - angle))
  }
  return [angle + t * turn, offset + t * (b[1] - offset)]
}

/** @param {Pen} g @param {PlaneScales} scales @param {Place | null} where */
function stroke(g, scales, where) {
  if (!where) return
  g.beginPath()
  traceLine(g, scales, { c: Math.cos(where[0]), s: Math.sin(where[0]), away: where[1] })
  g.stroke()
}

/** @type {Stage<PlaneData>["draw"]} */
function draw(g, box, stage, t) {
  const { data } = stage, way = WAYS.get(stage), scales = planeScales(box, data.span)
  if (!way) return
  g.strokeStyle = pageColour(stage, "border-color", "#ccc")
  g.globalAlpha = 0.6
  drawCircles(g, box, scales, Math.ceil(data.span))
  g.globalAlpha = 0.5
  g.strokeStyle = data.colours.truth
  g.lineWidth = 8
  for (const neuron of data.truth ?? []) stroke(g, scales, place(neuron))
  way.now = data.students.map((neurons, s) => neurons.map((neuron, n) => {
    const goal = place(neuron)
    return between(way.from?.[s]?.[n] ?? goal, goal, t)
  }))
  g.lineWidth = 1.25
  way.now.forEach((places, s) => {
    g.strokeStyle = data.colours.students[s % data.colours.students.length]
    places.forEach((where, n) => {
      g.globalAlpha = 0.12 + 0.55 * (data.weight?.[s][n] ?? 1)
      stroke(g, scales, where)
    })
  })
  g.globalAlpha = 1
  g.strokeStyle = data.colours.found
  g.lineWidth = 2
  g.setLineDash([9, 6])
  for (const neuron of data.found ?? []) stroke(g, scales, place(neuron))
  g.setLineDash([])
  g.globalAlpha = 0.75
  g.fillStyle = pageColour(stage, "text-color", "#222")
  nameInputs(g, box, 10, 12)
  g.globalAlpha = 1
}

/** @param {Component<PlaneData>} component */
export default function (component) {
  const { stage, leave } = stageOf(component, draw), now = WAYS.get(stage)?.now ?? null
  WAYS.set(stage, { from: now, now })
  stage.canvas.dataset.students = String(component.data.students.length)
  glide(stage)
  return leave
}
