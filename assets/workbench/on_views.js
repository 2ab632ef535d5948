// Pointers on the pictures beside the tree: counts, map, distances, input plane.

import { boxOf } from "../canvas/surface.js"
import { power, short } from "../canvas/text.js"
import * as B from "./bench.js"
import { commit, pick } from "./acts.js"
import { countScales, plateauUnder } from "./counts.js"
import { clusterAt } from "./cut.js"
import { addsTo, drag, place } from "./drag.js"
import { redraw } from "./frame.js"
import { commonBranch, nearestPoint, withinLasso } from "./hit.js"
import { mapScales } from "./map.js"
import { nearestPair, pairAt } from "./matrix.js"
import { lineAt } from "./plane.js"
import { lengthOf } from "./plateau.js"
import { focused } from "./screen.js"
import { branchWords, hover, tip, vectorWords } from "./tip.js"
import { fitMap, reveal, zoomMap } from "./view.js"

const POINT_REACH = 10, LINE_REACH = 6
const WHEEL = 0.002

/** all of a vector's cluster, null for no vector @param {Bench} bench @param {number} v */
function clusterOf(bench, v) {
  return v < 0 ? null : B.markOf(bench.tree, clusterAt(bench.tree, bench.found, v))
}

/** @param {BenchScreen} screen @param {HTMLElement} canvas @param {number} x @param {number} y @param {number} v a vector or -1 */
function hoverVector(screen, canvas, x, y, v) {
  if (v < 0) hover(screen, null, canvas, x, y, null)
  else hover(screen, { vectors: [v], branch: -1 }, canvas, x, y, vectorWords(screen.bench, v))
}

/** @param {BenchScreen} screen */
function listenCounts(screen) {
  const canvas = screen.canvas.counts
  const under = (/** @type {number} */ y) => plateauUnder(screen.bench, countScales(screen.bench, boxOf(canvas)), y)
  const show = (/** @type {Plateau | null} */ plateau) => {
    if (plateau === screen.bench.plateauHover) return
    screen.bench.plateauHover = plateau
    redraw(screen, false)
  }
  canvas.onpointermove = event => {
    const [x, y] = place(canvas, event), plateau = under(y)
    canvas.style.cursor = plateau ? "pointer" : "default"
    tip(screen, canvas, x, y, plateau && [
      `${plateau.count} clusters from ${power(Math.round(plateau.low))} to ${power(Math.round(plateau.high))}`,
      `${lengthOf(plateau).toFixed(1)} decades; click to cut here`,
    ])
    show(plateau)
  }
  canvas.onpointerleave = () => {
    tip(screen, canvas, 0, 0, null)
    show(null)
  }
  canvas.onclick = event => {
    const plateau = under(place(canvas, event)[1])
    if (plateau) commit(screen, B.atPlateau(screen.bench, plateau))
  }
}

/** @param {BenchScreen} screen */
function listenMap(screen) {
  const canvas = screen.canvas.map, points = () => mapScales(screen.bench, boxOf(canvas)).screen
  const near = (/** @type {number} */ x, /** @type {number} */ y) => nearestPoint(points(), x, y, POINT_REACH)
  canvas.onpointermove = event => {
    const [x, y] = place(canvas, event)
    hoverVector(screen, canvas, x, y, near(x, y))
  }
  canvas.onpointerleave = () => hover(screen, null, canvas, 0, 0, null)
  canvas.onpointerdown = event => {
    const { bench } = screen, lasso = [place(canvas, event)]
    canvas.focus({ preventScroll: true })
    bench.lasso = lasso
    drag(canvas, canvas, event, (x, y) => { lasso.push([x, y]); redraw(screen, false) }, (x, y, dragged) => {
      bench.lasso = null
      const vectors = dragged ? withinLasso(points(), lasso) : [], alone = dragged ? -1 : near(x, y)
      pick(screen, vectors.length ? { vectors, branch: -1, only: true } : clusterOf(bench, alone), addsTo(event))
    })
  }
  canvas.onwheel = event => {
    if (!event.ctrlKey && focused(screen) !== canvas) return
    event.preventDefault()
    zoomMap(screen.bench, Math.exp(-event.deltaY * WHEEL), ...place(canvas, event), boxOf(canvas))
    redraw(screen, false)
  }
  canvas.ondblclick = () => { fitMap(screen.bench); redraw(screen, false) }
}

/** @param {BenchScreen} screen */
function listenMatrix(screen) {
  const canvas = screen.canvas.matrix
  const pairUnder = (/** @type {MouseEvent} */ event) => pairAt(screen.bench, boxOf(canvas), ...place(canvas, event))
  canvas.onpointermove = event => {
    const { tree } = screen.bench, [x, y] = place(canvas, event), pair = pairUnder(event)
    const who = (/** @type {number} */ v) => `student ${tree.student[v] + 1}, neuron ${tree.neuron[v] + 1}`
    hover(screen, pair && { vectors: [pair.a, pair.b], branch: -1 }, canvas, x, y, pair && [
      who(pair.a), who(pair.b),
      pair.decade === null ? `no farther apart than ${power(tree.lowestDecade)}` : `distance about ${short(10 ** pair.decade)}`,
    ])
  }
  canvas.onpointerleave = () => hover(screen, null, canvas, 0, 0, null)
  // the clusters of both vectors of a cell, so that they can be merged at once
  canvas.onclick = event => {
    const { bench } = screen, pair = pairUnder(event)
    const clusters = pair && B.touched(bench, { vectors: [pair.a, pair.b], branch: -1 })
    pick(screen, clusters && B.markOfAll(bench.tree, clusters), addsTo(event))
  }
  // the smallest branch that holds both, always
  canvas.ondblclick = event => {
    const { bench } = screen, pair = nearestPair(bench, boxOf(canvas), ...place(canvas, event))
    if (pair === null) return
    const branch = commonBranch(bench.tree, pair.a, pair.b)
    reveal(bench, branch)
    pick(screen, { vectors: [], branch })
    screen.part.said.textContent = branchWords(bench, branch).join("; ")
  }
}

/** @param {BenchScreen} screen */
function listenPlane(screen) {
  const canvas = screen.canvas.plane
  const under = (/** @type {MouseEvent} */ event) => lineAt(screen.bench, boxOf(canvas), ...place(canvas, event), LINE_REACH)
  canvas.onpointermove = event => hoverVector(screen, canvas, ...place(canvas, event), under(event))
  canvas.onpointerleave = () => hover(screen, null, canvas, 0, 0, null)
  canvas.onclick = event => pick(screen, clusterOf(screen.bench, under(event)), addsTo(event))
}

/** @param {BenchScreen} screen */
export function listenViews(screen) {
  listenCounts(screen)
  listenMap(screen)
  listenMatrix(screen)
  listenPlane(screen)
}
