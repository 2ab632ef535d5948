// The vectors as points of a map (PCA or UMAP); the truth as stars.

import { drawSymbol } from "../canvas/symbols.js"
import { drawLegend, LEGEND } from "./legend.js"
import { colourOf, symbolOf } from "./look.js"
import { allMembers } from "./sets.js"
import { lay, sheetFor, stamp } from "./stamp.js"
import { tintOf } from "./tint.js"

const ROOM = 20

/** @param {Bench} bench @param {Box} box @returns {MapScales} */
export function mapScales(bench, box) {
  const points = bench.points
  if (bench.mapScale?.points === points && bench.mapScale.w === box.w && bench.mapScale.h === box.h &&
      bench.mapScale.zoom === bench.mapZoom) return bench.mapScale
  const tall = box.h - LEGEND
  let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity]
  const see = (/** @type {number} */ x, /** @type {number} */ y) => { x0 = Math.min(x0, x); x1 = Math.max(x1, x); y0 = Math.min(y0, y); y1 = Math.max(y1, y) }
  for (let i = 0; i < points.length; i += 2) see(points[i], points[i + 1])
  if (!(x1 >= x0)) [x0, x1, y0, y1] = [-1, 1, -1, 1]
  const { k: zoom, x: dx, y: dy } = bench.mapZoom
  // distances mean the same in both directions
  const k = zoom * Math.min((box.w - 2 * ROOM) / (x1 - x0 || 1), (tall - 2 * ROOM) / (y1 - y0 || 1))
  const cx = (x0 + x1) / 2, cy = (y0 + y1) / 2
  const screen = new Float32Array(points.length)
  /** @type {Scale} */
  const X = x => box.w / 2 + dx + k * (x - cx)
  /** @type {Scale} */
  const Y = y => tall / 2 + dy - k * (y - cy)
  for (let i = 0; i < points.length; i += 2) {
    screen[i] = X(points[i])
    screen[i + 1] = Y(points[i + 1])
  }
  bench.mapScale = { points, w: box.w, h: box.h, zoom: bench.mapZoom, screen, X, Y }
  return bench.mapScale
}

/** @param {number} vectors */
export function pointRadius(vectors) {
  return vectors > 3000 ? 2 : vectors > 600 ? 3 : 4
}

const DIM = 0.18

/** @typedef {{ vectors: ArrayLike<number> & Iterable<number>, kind: string, colour: string, alpha: number }} Pile */

/**
 * what is painted at once: vectors of one symbol, colour and strength, what was rejected first
 * @param {Bench} bench @returns {Pile[]}
 */
function piles(bench) {
  const { tree, found, look, lit } = bench, all = [...found.rejected, ...found.kept]
  const strength = (/** @type {Cluster} */ cluster) => (lit && !lit.clusters.has(cluster) ? DIM : cluster.kept ? 0.9 : 0.75)
  if (bench.colourBy === "cluster" && !lit?.only) {
    return all.map(cluster => ({
      vectors: allMembers(tree, cluster.nodes), kind: symbolOf(cluster.number),
      colour: colourOf(look, cluster.number), alpha: strength(cluster),
    }))
  }
  const own = bench.colourBy === "cluster" ? null : tintOf(bench)
  /** @type {Map<string, Pile & { vectors: number[] }>} */
  const heaps = new Map()
  for (const cluster of all) {
    const plain = { kind: symbolOf(cluster.number), colour: colourOf(look, cluster.number) }
    for (const v of allMembers(tree, cluster.nodes)) {
      const { kind, colour } = own ? own(v) : plain
      const alpha = lit?.only ? (lit.only.has(v) ? 1 : DIM) : strength(cluster), key = kind + colour + alpha
      const heap = heaps.get(key)
      if (heap) heap.vectors.push(v)
      else heaps.set(key, { vectors: [v], kind, colour, alpha })
    }
  }
  // the faint ones below
  return [...heaps.values()].sort((a, b) => a.alpha - b.alpha)
}

/** @type {Draw} */
export function drawMap(g, box, bench, ratio) {
  const { tree, look, lit } = bench, { screen, X, Y } = mapScales(bench, box)
  const r = pointRadius(tree.vectors)
  const sheet = ratio ? (bench.mapSheet = sheetFor(bench.mapSheet, box.w, box.h, ratio)) : null
  const paint = (/** @type {Pile} */ { vectors, kind, colour, alpha }) => {
    if (sheet) { stamp(sheet, screen, vectors, kind, r, colour, alpha); return }
    g.globalAlpha = alpha
    for (const v of vectors) drawSymbol(g, kind, screen[2 * v], screen[2 * v + 1], r, colour)
  }
  // under the points, so that a cluster that has found its star is seen on it
  const stars = bench.truth && bench.showTruth ? bench.truthPoints ?? [] : []
  for (let i = 0; i < stars.length; i += 2) {
    drawSymbol(g, "star", X(stars[i]), Y(stars[i + 1]), 14, look.truth)
    drawSymbol(g, "star", X(stars[i]), Y(stars[i + 1]), 9.5, look.paper)
  }
  for (const pile of piles(bench)) paint(pile)
  if (sheet) lay(g, sheet)
  g.globalAlpha = 1
  for (const v of lit?.vectors ?? []) {
    g.strokeStyle = look.text
    g.lineWidth = 1.5
    g.beginPath()
    g.arc(screen[2 * v], screen[2 * v + 1], r + 4, 0, 2 * Math.PI)
    g.stroke()
  }
  drawLegend(g, box, bench)
  if (bench.lasso && bench.lasso.length > 1) {
    g.strokeStyle = look.text
    g.lineWidth = 1
    g.setLineDash([4, 3])
    g.beginPath()
    for (const [x, y] of bench.lasso) g.lineTo(x, y)
    g.closePath()
    g.stroke()
    g.setLineDash([])
  }
}
