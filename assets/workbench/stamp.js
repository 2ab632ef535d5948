// Many small symbols, written straight into pixels: ten thousand of them at every frame, where a
// canvas without a graphics card would take a fifth of a second.

import { parse } from "../canvas/colour.js"
import { penOf } from "../canvas/surface.js"
import { drawSymbol } from "../canvas/symbols.js"

/** @type {Map<string, Int16Array>} */
const STAMPS = new Map()

/**
 * the pixels of a symbol about its centre: dx, dy and coverage 0 … 255 in turn
 * @param {string} kind @param {number} r @param {number} ratio
 */
function stampOf(kind, r, ratio) {
  const key = `${kind} ${r} ${ratio}`, before = STAMPS.get(key)
  if (before) return before
  const half = Math.ceil((1.4 * r + 1) * ratio), side = 2 * half + 1
  const canvas = document.createElement("canvas")
  canvas.width = canvas.height = side
  const g = penOf(canvas, { willReadFrequently: true })
  g.setTransform(ratio, 0, 0, ratio, half + 0.5, half + 0.5)
  drawSymbol(g, kind, 0, 0, r, "#000000")
  const { data } = g.getImageData(0, 0, side, side), found = []
  for (let i = 0; i < side * side; i++) {
    if (data[4 * i + 3] > 8) found.push((i % side) - half, Math.floor(i / side) - half, data[4 * i + 3])
  }
  const made = Int16Array.from(found)
  STAMPS.set(key, made)
  return made
}

/**
 * a transparent sheet of w × h points to stamp on; kept by its owner from frame to frame
 * @param {Sheet | undefined} kept @param {number} w @param {number} h @param {number} ratio @returns {Sheet}
 */
export function sheetFor(kept, w, h, ratio) {
  const width = Math.round(w * ratio), height = Math.round(h * ratio)
  if (kept?.width === width && kept.height === height && kept.ratio === ratio) {
    kept.image.data.fill(0)
    return kept
  }
  const canvas = document.createElement("canvas")
  canvas.width = width
  canvas.height = height
  const g = penOf(canvas)
  return { width, height, ratio, canvas, g, image: g.createImageData(width, height) }
}

/**
 * symbols of one kind and colour at places (x, y interleaved, chosen by index)
 * @param {Sheet} sheet @param {ArrayLike<number>} places @param {Iterable<number>} chosen @param {string} kind @param {number} r @param {string} colour @param {number} alpha
 */
export function stamp(sheet, places, chosen, kind, r, colour, alpha) {
  const { width, height, ratio, image } = sheet, data = image.data
  const shape = stampOf(kind, r, ratio), [red, green, blue] = parse(colour)
  for (const v of chosen) {
    const cx = Math.round(places[2 * v] * ratio), cy = Math.round(places[2 * v + 1] * ratio)
    if (cx < -20 || cy < -20 || cx > width + 20 || cy > height + 20) continue
    for (let i = 0; i < shape.length; i += 3) {
      const x = cx + shape[i], y = cy + shape[i + 1]
      if (x < 0 || y < 0 || x >= width || y >= height) continue
      const at = 4 * (y * width + x), cover = (shape[i + 2] * alpha) / 255, under = data[at + 3] / 255
      const whole = cover + under * (1 - cover), share = cover / whole
      data[at] += (red - data[at]) * share
      data[at + 1] += (green - data[at + 1]) * share
      data[at + 2] += (blue - data[at + 2]) * share
      data[at + 3] = 255 * whole
    }
  }
}

/** @param {Pen} g @param {Sheet} sheet */
export function lay(g, sheet) {
  sheet.g.putImageData(sheet.image, 0, 0)
  g.drawImage(sheet.canvas, 0, 0, sheet.width / sheet.ratio, sheet.height / sheet.ratio)
}
