// The plane of two inputs: circles about its middle, and neurons as the lines w·x + b = 0.

import { font } from "./text.js"

// below this length a vector has no direction that a line could have
const NO_DIRECTION = 1e-9

/**
 * where things are: the plane from -span to span along the longer side
 * @param {Box} box @param {number} span @returns {PlaneScales}
 */
export function planeScales(box, span) {
  const k = Math.max(box.w, box.h) / (2 * span), far = (box.w + box.h) / k
  return {
    k, far,
    X: x => box.w / 2 + k * x, Y: y => box.h / 2 - k * y,
    x: p => (p - box.w / 2) / k, y: p => (box.h / 2 - p) / k,
  }
}

/** circles of radius 1, 2, … @param {Pen} g @param {Box} box @param {PlaneScales} scales @param {number} count */
export function drawCircles(g, box, { k }, count) {
  g.lineWidth = 1
  for (let r = 1; r <= count; r++) {
    g.beginPath()
    g.arc(box.w / 2, box.h / 2, r * k, 0, 2 * Math.PI)
    g.stroke()
  }
}

/**
 * a neuron as a line: the direction across it, and how far from the middle it is; null where it is none
 * @param {number} w1 @param {number} w2 @param {number} b @returns {Line | null}
 */
export function lineOf(w1, w2, b) {
  const norm = Math.hypot(w1, w2)
  return norm > NO_DIRECTION ? { c: w1 / norm, s: w2 / norm, away: -b / norm } : null
}

/** adds a line to the path @param {Pen} g @param {PlaneScales} scales @param {Line | null} line */
export function traceLine(g, { X, Y, far }, line) {
  if (line === null) return
  const { c, s, away } = line
  g.moveTo(X(away * c - far * s), Y(away * s + far * c))
  g.lineTo(X(away * c + far * s), Y(away * s - far * c))
}

/** which input goes where @param {Pen} g @param {Box} box @param {number} margin @param {number} size of the letters */
export function nameInputs(g, box, margin, size) {
  g.font = font(size)
  g.textBaseline = "alphabetic"
  g.textAlign = "right"
  g.fillText("input 1 →", box.w - margin, box.h - margin)
  g.textAlign = "left"
  g.fillText("↑ input 2", margin, margin + 8)
}
