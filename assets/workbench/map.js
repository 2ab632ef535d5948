// The vectors as points of a map (PCA or UMAP); the truth as stars.

import { colourOf, drawSymbol, symbolOf } from "./colour.js"
import { lay, sheetFor, stamp } from "./stamp.js"

const ROOM = 20

export function mapScales(bench, box) {
  const points = bench.points
  if (bench.mapScale?.points === points && bench.mapScale.w === box.w && bench.mapScale.h === box.h &&
      bench.mapScale.zoom === bench.mapZoom) return bench.mapScale
  let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity]
  const see = (x, y) => { x0 = Math.min(x0, x); x1 = Math.max(x1, x); y0 = Math.min(y0, y); y1 = Math.max(y1, y) }
  for (let i = 0; i < points.length; i += 2) see(points[i], points[i + 1])
  if (!(x1 >= x0)) [x0, x1, y0, y1] = [-1, 1, -1, 1]
  const { k: zoom, x: dx, y: dy } = bench.mapZoom
  // distances mean the same in both directions
  const k = zoom * Math.min((box.w - 2 * ROOM) / (x1 - x0 || 1), (box.h - 2 * ROOM) / (y1 - y0 || 1))
  const cx = (x0 + x1) / 2, cy = (y0 + y1) / 2
  const screen = new Float32Array(points.length)
  const X = x => box.w / 2 + dx + k * (x - cx), Y = y => box.h / 2 + dy - k * (y - cy)
  for (let i = 0; i < points.length; i += 2) {
    screen[i] = X(points[i])
    screen[i + 1] = Y(points[i + 1])
  }
  bench.mapScale = { points, w: box.w, h: box.h, zoom: bench.mapZoom, screen, X, Y }
  return bench.mapScale
}

export function pointRadius(vectors) {
  return vectors > 3000 ? 2 : vectors > 600 ? 3 : 4
}

export function drawMap(g, box, bench, ratio) {
  const { tree, found, look, lit } = bench, { screen, X, Y } = mapScales(bench, box)
  const r = pointRadius(tree.vectors)
  const sheet = ratio ? (bench.mapSheet = sheetFor(bench.mapSheet, box.w, box.h, ratio)) : null
  const paint = (vectors, kind, colour, alpha) => {
    if (sheet) { stamp(sheet, screen, vectors, kind, r, colour, alpha); return }
    g.globalAlpha = alpha
    for (const v of vectors) drawSymbol(g, kind, screen[2 * v], screen[2 * v + 1], r, colour)
  }
  const below = cluster => cluster.nodes.flatMap(node => (
    Array.from(tree.order.subarray(tree.first[node], tree.first[node] + tree.size[node]))
  ))
  // under the points, so that a cluster that has found its star is seen on it
  const stars = bench.truth && bench.showTruth ? bench.truthPoints ?? [] : []
  for (let i = 0; i < stars.length; i += 2) {
    drawSymbol(g, "star", X(stars[i]), Y(stars[i + 1]), 14, look.truth)
    drawSymbol(g, "star", X(stars[i]), Y(stars[i + 1]), 9.5, look.paper)
  }
  for (const cluster of [...found.rejected, ...found.kept]) {
    const alpha = lit && !lit.clusters.has(cluster) ? 0.18 : cluster.kept ? 0.9 : 0.75
    const vectors = cluster.nodes.length === 1
      ? tree.order.subarray(tree.first[cluster.node], tree.first[cluster.node] + tree.size[cluster.node])
      : below(cluster)
    paint(vectors, symbolOf(cluster.number), colourOf(look, cluster.number), alpha)
  }
  if (sheet) lay(g, sheet)
  g.globalAlpha = 1
  for (const v of lit?.vectors ?? []) {
    g.strokeStyle = look.text
    g.lineWidth = 1.5
    g.beginPath()
    g.arc(screen[2 * v], screen[2 * v + 1], r + 4, 0, 2 * Math.PI)
    g.stroke()
  }
  if (bench.lasso?.length > 1) {
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
