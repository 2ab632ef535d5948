// Distances of all vectors in the order of the tree.

import { ramp, rgb } from "../canvas/colour.js"
import { penOf } from "../canvas/surface.js"
import { font, power } from "../canvas/text.js"
import { colourOf } from "./look.js"

const ROOM = { left: 8, top: 8, right: 56, bottom: 8 }
// more crosses would hide what they point at
const CROSSES = 6

/** @param {Box} box */
export function matrixBox(box) {
  const side = Math.max(10, Math.min(box.w - ROOM.left - ROOM.right, box.h - ROOM.top - ROOM.bottom))
  return { x: ROOM.left, y: ROOM.top, side }
}

/** @param {Bench} bench */
function levelRange(bench) {
  const { matrix } = bench.tree
  let low = 255, high = 1
  for (const level of matrix) {
    if (level > 0 && level < low) low = level
    if (level > high) high = level
  }
  return [Math.min(low, high - 1), high]
}

/** the picture, one pixel per pair, painted once per theme @param {Bench} bench */
function picture(bench) {
  const { tree, look } = bench, n = tree.matrixPlaces.length
  const key = [tree.id, look.nearness.join()].join()
  if (bench.matrixPicture?.key === key) return bench.matrixPicture
  const canvas = document.createElement("canvas")
  canvas.width = canvas.height = Math.max(n, 1)
  const [low, high] = levelRange(bench), colours = ramp(look.nearness)
  const g = penOf(canvas), image = g.createImageData(Math.max(n, 1), Math.max(n, 1))
  const pixels = new Uint32Array(image.data.buffer)
  const colourOfLevel = Uint32Array.from({ length: 256 }, (_, level) => {
    const [red, green, blue] = colours[Math.max(0, Math.min(255, Math.round((255 * (level - low)) / (high - low))))]
    return (255 << 24) | (blue << 16) | (green << 8) | red
  })
  for (let i = 0; i < tree.matrix.length; i++) pixels[i] = colourOfLevel[tree.matrix[i]]
  g.putImageData(image, 0, 0)
  const decade = (/** @type {number} */ level) => level / tree.levelsPerDecade + tree.lowestDecade
  bench.matrixPicture = { key, canvas, low: decade(low), high: decade(high) }
  return bench.matrixPicture
}

/** @param {Bench} bench @param {Box} box @param {number} x @param {number} y */
export function pairAt(bench, box, x, y) {
  const { x: left, y: top, side } = matrixBox(box), n = bench.tree.matrixPlaces.length
  const i = Math.floor(((y - top) / side) * n), j = Math.floor(((x - left) / side) * n)
  if (i < 0 || j < 0 || i >= n || j >= n) return null
  const vector = (/** @type {number} */ k) => bench.tree.order[bench.tree.matrixPlaces[k]]
  const level = bench.tree.matrix[i * n + j]
  const decade = level / bench.tree.levelsPerDecade + bench.tree.lowestDecade
  return { a: vector(i), b: vector(j), decade: level === 0 ? null : decade }
}

/**
 * the pair of the nearest cell, wherever the pointer is; null where there are no vectors
 * @param {Bench} bench @param {Box} box @param {number} x @param {number} y
 */
export function nearestPair(bench, box, x, y) {
  const { x: left, y: top, side } = matrixBox(box), last = side * (1 - 1e-9)
  const within = (/** @type {number} */ at, /** @type {number} */ from) => from + Math.max(0, Math.min(last, at - from))
  return pairAt(bench, box, within(x, left), within(y, top))
}

/** @type {Draw} */
export function drawMatrix(g, box, bench) {
  const { tree, found, look, lit } = bench, { x, y, side } = matrixBox(box), n = tree.matrixPlaces.length
  if (n < 2) return
  const { canvas, low, high } = picture(bench)
  g.imageSmoothingEnabled = n > 2 * side
  g.drawImage(canvas, x, y, side, side)
  const at = (/** @type {number} */ place) => (side * place) / tree.vectors
  for (const cluster of found.kept) {
    g.strokeStyle = colourOf(look, cluster.number)
    g.lineWidth = lit?.clusters.has(cluster) ? 2.5 : 1.25
    g.globalAlpha = lit && !lit.clusters.has(cluster) ? 0.4 : 1
    for (const node of cluster.nodes) {
      const from = at(tree.first[node]), width = Math.max(at(tree.size[node]), 2)
      g.strokeRect(x + from, y + from, width, width)
    }
  }
  g.globalAlpha = 1
  if (lit && lit.branch >= 0) {
    const from = at(tree.first[lit.branch]), width = Math.max(at(tree.size[lit.branch]), 3)
    g.strokeStyle = look.text
    g.lineWidth = 1.5
    g.strokeRect(x + from, y + from, width, width)
  }
  for (const v of lit && lit.vectors.length <= CROSSES ? lit.vectors : []) {
    const middle = at(tree.place[v] + 0.5)
    g.strokeStyle = look.accent
    g.lineWidth = 1
    g.beginPath()
    g.moveTo(x, y + middle)
    g.lineTo(x + side, y + middle)
    g.moveTo(x + middle, y)
    g.lineTo(x + middle, y + side)
    g.stroke()
  }
  const bar = x + side + 8, steps = ramp(look.nearness)
  for (let i = 0; i < 64; i++) {
    g.fillStyle = rgb(steps[Math.round((255 * i) / 63)])
    g.fillRect(bar, y + (side * (63 - i)) / 64, 7, side / 64 + 1)
  }
  g.fillStyle = look.muted
  g.font = font(11)
  g.textAlign = "left"
  g.textBaseline = "top"
  g.fillText(power(Math.round(high)), bar + 10, y)
  g.textBaseline = "alphabetic"
  g.fillText(power(Math.round(low)), bar + 10, y + side)
}
