// Distances of all vectors in the order of the tree, and the neurons as lines on the input plane.

import { colourOf, ramp } from "./colour.js"
import { fromLine } from "./hit.js"
import { power } from "./scale.js"
import { tintOf } from "./tint.js"

const ROOM = { left: 8, top: 8, right: 56, bottom: 8 }
const PLANE_LINES = 1200
// more crosses would hide what they point at
const CROSSES = 6

export function matrixBox(box) {
  const side = Math.max(10, Math.min(box.w - ROOM.left - ROOM.right, box.h - ROOM.top - ROOM.bottom))
  return { x: ROOM.left, y: ROOM.top, side }
}

function levelRange(bench) {
  const { matrix } = bench.tree
  let low = 255, high = 1
  for (const level of matrix) {
    if (level > 0 && level < low) low = level
    if (level > high) high = level
  }
  return [Math.min(low, high - 1), high]
}

// the picture, one pixel per pair, painted once per theme
function picture(bench) {
  const { tree, look } = bench, n = tree.matrixPlaces.length
  const key = [tree.id, look.nearness.join()].join()
  if (bench.matrixPicture?.key === key) return bench.matrixPicture
  const canvas = document.createElement("canvas")
  canvas.width = canvas.height = Math.max(n, 1)
  const [low, high] = levelRange(bench), colours = ramp(look.nearness)
  const g = canvas.getContext("2d"), image = g.createImageData(Math.max(n, 1), Math.max(n, 1))
  const pixels = new Uint32Array(image.data.buffer)
  const colourOfLevel = Uint32Array.from({ length: 256 }, (_, level) => {
    const [red, green, blue] = colours[Math.max(0, Math.min(255, Math.round((255 * (level - low)) / (high - low))))]
    return (255 << 24) | (blue << 16) | (green << 8) | red
  })
  for (let i = 0; i < tree.matrix.length; i++) pixels[i] = colourOfLevel[tree.matrix[i]]
  g.putImageData(image, 0, 0)
  const decade = level => level / tree.levelsPerDecade + tree.lowestDecade
  bench.matrixPicture = { key, canvas, low: decade(low), high: decade(high) }
  return bench.matrixPicture
}

export function pairAt(bench, box, x, y) {
  const { x: left, y: top, side } = matrixBox(box), n = bench.tree.matrixPlaces.length
  const i = Math.floor(((y - top) / side) * n), j = Math.floor(((x - left) / side) * n)
  if (i < 0 || j < 0 || i >= n || j >= n) return null
  const vector = k => bench.tree.order[bench.tree.matrixPlaces[k]]
  const level = bench.tree.matrix[i * n + j]
  const decade = level / bench.tree.levelsPerDecade + bench.tree.lowestDecade
  return { a: vector(i), b: vector(j), decade: level === 0 ? null : decade }
}

// the pair of the nearest cell, wherever the pointer is; null where there are no vectors
export function nearestPair(bench, box, x, y) {
  const { x: left, y: top, side } = matrixBox(box), last = side * (1 - 1e-9)
  const within = (at, from) => from + Math.max(0, Math.min(last, at - from))
  return pairAt(bench, box, within(x, left), within(y, top))
}

export function drawMatrix(g, box, bench) {
  const { tree, found, look, lit } = bench, { x, y, side } = matrixBox(box), n = tree.matrixPlaces.length
  if (n < 2) return
  const { canvas, low, high } = picture(bench)
  g.imageSmoothingEnabled = n > 2 * side
  g.drawImage(canvas, x, y, side, side)
  const at = place => (side * place) / tree.vectors
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
  if (lit?.branch >= 0) {
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
    g.fillStyle = `rgb(${steps[Math.round((255 * i) / 63)].join(",")})`
    g.fillRect(bar, y + (side * (63 - i)) / 64, 7, side / 64 + 1)
  }
  g.fillStyle = look.muted
  g.font = "11px ui-sans-serif, system-ui, sans-serif"
  g.textAlign = "left"
  g.textBaseline = "top"
  g.fillText(power(Math.round(high)), bar + 10, y)
  g.textBaseline = "alphabetic"
  g.fillText(power(Math.round(low)), bar + 10, y + side)
}

export function planeScales(box) {
  const k = Math.max(box.w, box.h) / 6.4
  return { k, X: x => box.w / 2 + k * x, Y: y => box.h / 2 - k * y, x: p => (p - box.w / 2) / k, y: p => (box.h / 2 - p) / k }
}

function strokeLine(g, box, lines, i) {
  const { k, X, Y } = planeScales(box), w1 = lines[3 * i], w2 = lines[3 * i + 1], norm = Math.hypot(w1, w2)
  if (!(norm > 1e-9)) return
  const c = w1 / norm, s = w2 / norm, away = -lines[3 * i + 2] / norm, far = (box.w + box.h) / k
  g.moveTo(X(away * c - far * s), Y(away * s + far * c))
  g.lineTo(X(away * c + far * s), Y(away * s - far * c))
}

// the lines of nearest neurons to a point of the plane: a vector, or -1
export function lineAt(bench, box, x, y, reach) {
  const { k, x: px, y: py } = planeScales(box), lines = bench.tree.lines
  let best = -1, least = reach / k
  for (let i = 0; 3 * i < lines.length; i++) {
    const away = fromLine(lines[3 * i], lines[3 * i + 1], lines[3 * i + 2], px(x), py(y))
    if (away < least) { least = away; best = i }
  }
  return best
}

export function drawPlane(g, box, bench) {
  const { tree, found, look, lit } = bench, { k } = planeScales(box)
  g.strokeStyle = look.grid
  g.lineWidth = 1
  for (let r = 1; r <= 3; r++) {
    g.beginPath()
    g.arc(box.w / 2, box.h / 2, r * k, 0, 2 * Math.PI)
    g.stroke()
  }
  const stroke = (vectors, colour, width, alpha) => {
    g.strokeStyle = colour
    g.lineWidth = width
    g.globalAlpha = alpha
    g.beginPath()
    for (const v of vectors) strokeLine(g, box, tree.lines, v)
    g.stroke()
  }
  if (bench.truth?.truthLines && bench.showTruth) {
    g.strokeStyle = look.truth
    g.lineWidth = 7
    g.globalAlpha = 0.35
    g.beginPath()
    for (let h = 0; 3 * h < bench.truth.truthLines.length; h++) strokeLine(g, box, bench.truth.truthLines, h)
    g.stroke()
  }
  if (bench.colourBy !== "cluster") {
    const own = tintOf(bench), every = Math.ceil(tree.vectors / PLANE_LINES), heaps = new Map()
    for (let p = 0; p < tree.vectors; p += every) {
      const v = tree.order[p], { colour } = own(v)
      heaps.set(colour, [...(heaps.get(colour) ?? []), v])
    }
    for (const [colour, vectors] of heaps) stroke(vectors, colour, 0.9, lit ? 0.2 : 0.5)
  }
  const every = Math.ceil(tree.vectors / PLANE_LINES), noise = []
  for (let p = 0; p < tree.vectors; p += every) if (found.label[p] < 0) noise.push(tree.order[p])
  if (bench.colourBy === "cluster") stroke(noise, look.faint, 0.8, lit ? 0.15 : 0.4)
  for (const cluster of bench.colourBy === "cluster" ? found.kept : []) {
    const on = !lit || lit.clusters.has(cluster)
    stroke([cluster.best], colourOf(look, cluster.number), lit && on ? 3.5 : 2, on ? 1 : 0.25)
  }
  if (lit) stroke(lit.vectors, look.text, 2, 1)
  g.globalAlpha = 0.85
  g.fillStyle = look.paper
  g.fillRect(0, 0, 58, 20)
  g.fillRect(box.w - 58, box.h - 20, 58, 20)
  g.globalAlpha = 1
  g.fillStyle = look.muted
  g.font = "11px ui-sans-serif, system-ui, sans-serif"
  g.textBaseline = "alphabetic"
  g.textAlign = "right"
  g.fillText("input 1 →", box.w - 6, box.h - 6)
  g.textAlign = "left"
  g.fillText("↑ input 2", 6, 14)
}
