// Mouse, touch and keys on the pictures.

import * as B from "./bench.js"
import { clusterAt, reason } from "./cut.js"
import { plateauUnder, countScales } from "./counts.js"
import { ownCuts, treeScales, yOf } from "./dendrogram.js"
import { branchAt, commonBranch, nearestPoint, withinLasso } from "./hit.js"
import { cutBranch } from "./hands.js"
import { mapScales } from "./map.js"
import { lineAt, nearestPair, pairAt } from "./matrix.js"
import { degrees, heightOf, power, short } from "./scale.js"
import { boxOf, press, redraw, release, relit } from "./screen.js"
import { ahead, level } from "./sync.js"

const REACH = 9, TOUCH_REACH = 20, CLICK = 4

function place(canvas, event) {
  const box = canvas.getBoundingClientRect()
  return [event.clientX - box.left, event.clientY - box.top]
}

// press, move, release; calls moved(x, y, dx, dy) and then ended(x, y, dragged)
function drag(target, canvas, event, moved, ended) {
  const [x0, y0] = place(canvas, event)
  let last = [x0, y0], dragged = false
  target.setPointerCapture?.(event.pointerId)
  target.onpointermove = next => {
    if (next.pointerId !== event.pointerId) return
    const [x, y] = place(canvas, next)
    dragged = dragged || Math.hypot(x - x0, y - y0) > CLICK
    if (dragged) moved(x, y, x - last[0], y - last[1])
    last = [x, y]
  }
  const end = next => {
    if (next.pointerId !== event.pointerId) return
    target.onpointermove = target.onpointerup = target.onpointercancel = null
    ended(...last, dragged)
  }
  target.onpointerup = target.onpointercancel = end
}

function heightAt(bench, canvas, y) {
  const scales = treeScales(bench, boxOf(canvas))
  const v = Math.max(B.lowest(bench), Math.min(bench.whole[1], scales.v(y)))
  return heightOf(v, bench.view.log)
}

export function tip(screen, canvas, x, y, lines) {
  const { tipBox } = screen
  tipBox.hidden = lines === null
  if (lines === null) return
  tipBox.replaceChildren(...lines.map(line => Object.assign(document.createElement("div"), { textContent: line })))
  const box = canvas.getBoundingClientRect(), home = screen.root.getBoundingClientRect()
  const left = box.left - home.left + x + 14, width = tipBox.offsetWidth
  tipBox.style.left = `${Math.max(0, Math.min(left, home.width - width - 4))}px`
  tipBox.style.top = `${Math.max(0, box.top - home.top + y - tipBox.offsetHeight - 10)}px`
}

export function vectorWords(bench, v) {
  const { tree } = bench, cluster = clusterAt(tree, bench.found, v)
  const lines = [
    `student ${tree.student[v] + 1}, neuron ${tree.neuron[v] + 1}`,
    `loss ${short(tree.loss[v])} · norm ${short(tree.norm[v])} · sign ${tree.sign[v] < 0 ? "−" : "+"}`,
    clusterWords(bench, cluster),
  ]
  if (bench.truth && bench.showTruth) lines.push(`true neuron ${bench.truth.nearest[v] + 1} at ${short(bench.truth.distance[v])}`)
  return lines
}

function clusterWords(bench, cluster) {
  const name = cluster.kept ? `cluster ${cluster.number + 1}` : "rejected"
  return `${name}: ${reason(bench.tree, bench.cut, cluster)}`
}

export function branchWords(bench, node) {
  const { tree } = bench
  if (node < tree.vectors) return vectorWords(bench, node)
  const clusters = B.touched(bench, { vectors: [], branch: node })
  const lines = [
    `${tree.size[node]} neurons of ${tree.support[node]} students, merged at ${short(tree.height[node])}`,
    `spread ${short(tree.spread[node])} · angle ${degrees(tree.angle[node])}`,
  ]
  lines.push(clusters.length === 1 ? clusterWords(bench, clusters[0]) : `${clusters.length} clusters`)
  return lines
}

function hover(screen, mark, canvas, x, y, lines) {
  const { bench } = screen, before = JSON.stringify([bench.hover.branch, bench.hover.vectors.slice(0, 3)])
  B.hoverOn(bench, mark)
  tip(screen, canvas, x, y, mark === null ? null : lines)
  if (before !== JSON.stringify([bench.hover.branch, bench.hover.vectors.slice(0, 3)])) relit(screen)
}

export function dragCut(screen, target, canvas, event) {
  event.preventDefault()
  screen.cutLine.focus({ preventScroll: true })
  screen.dragging = true
  drag(target, canvas, event, (_, y) => {
    B.show(screen.bench, B.atHeight(screen.bench, heightAt(screen.bench, canvas, y)))
    ahead(screen)
    redraw(screen)
  }, (_, y, dragged) => {
    screen.dragging = false
    if (dragged) screen.commit(screen.bench.cut)
    else level(screen)
    redraw(screen)
  })
}

function dragOwn(screen, canvas, event, node) {
  screen.dragging = true
  let cut = null
  drag(canvas, canvas, event, (_, y) => {
    cut = cutBranch(screen.bench.cut, node, heightAt(screen.bench, canvas, y))
    B.show(screen.bench, cut)
    ahead(screen)
    redraw(screen)
  }, () => {
    screen.dragging = false
    if (cut) screen.commit(cut)
    else level(screen)
    restore()
    redraw(screen)
  })
  const restore = () => listenTree(screen)
}

function listenTree(screen) {
  const canvas = screen.canvas.tree
  canvas.onpointermove = event => {
    const { bench } = screen, [x, y] = place(canvas, event), scales = treeScales(bench, boxOf(canvas))
    const own = ownUnder(bench, scales, x, y, event)
    canvas.style.cursor = own ? "ns-resize" : "default"
    const node = branchAt(bench.tree, scales.place(x), heightOf(scales.v(y), bench.view.log))
    hover(screen, node < 0 || x < scales.left ? null : { vectors: [], branch: node }, canvas, x, y, node < 0 ? null : branchWords(bench, node))
  }
  canvas.onpointerleave = () => hover(screen, null, canvas, 0, 0, null)
}

function ownUnder(bench, scales, x, y, event) {
  const reach = event.pointerType === "touch" ? TOUCH_REACH : REACH
  return ownCuts(bench, scales).find(own => Math.abs(own.y - y) <= reach && x >= own.left && x <= own.right)
}

export function listen(screen) {
  const { canvas, cutLine } = screen
  listenTree(screen)
  cutLine.onpointerdown = event => dragCut(screen, cutLine, canvas.tree, event)
  canvas.tree.onpointerdown = event => {
    const { bench } = screen, [x, y] = place(canvas.tree, event), scales = treeScales(bench, boxOf(canvas.tree))
    canvas.tree.focus({ preventScroll: true })
    const own = ownUnder(bench, scales, x, y, event)
    if (own) { dragOwn(screen, canvas.tree, event, own.node); return }
    const reach = event.pointerType === "touch" ? TOUCH_REACH : REACH
    if (Math.abs(y - yOf(bench, scales, bench.cut.height)) <= reach) { dragCut(screen, canvas.tree, canvas.tree, event); return }
    drag(canvas.tree, canvas.tree, event, (nx, ny, dx, dy) => {
      const { view } = bench, k = (view.x1 - view.x0) / (scales.right - scales.left)
      B.panTree(bench, -dx * k, (dy * (view.hi - view.lo)) / (scales.bottom - scales.top))
      redraw(screen, false)
    }, (nx, ny, dragged) => {
      listenTree(screen)
      if (dragged) return
      const node = branchAt(bench.tree, scales.place(nx), heightOf(scales.v(ny), bench.view.log))
      B.pick(bench, node < 0 || nx < scales.left ? null : { vectors: [], branch: node }, event.shiftKey || event.ctrlKey || event.metaKey)
      relit(screen)
    })
  }
  canvas.tree.ondblclick = () => { B.fitTree(screen.bench); redraw(screen, false) }
  canvas.tree.onwheel = event => {
    // the page scrolls on unless the tree has been clicked into, or two fingers pinch
    if (!event.ctrlKey && screen.focused() !== canvas.tree) return
    event.preventDefault()
    const { bench } = screen, [x, y] = place(canvas.tree, event), scales = treeScales(bench, boxOf(canvas.tree))
    B.zoomTree(bench, Math.exp(event.deltaY * 0.002), scales.place(x), event.shiftKey ? scales.v(y) : null)
    redraw(screen, false)
  }
  listenCounts(screen)
  listenMap(screen)
  listenMatrix(screen)
  for (const tables of screen.root.querySelectorAll(".table, .saved")) listenPress(screen, tables)
}

// the click of a finger comes some moments after it is lifted, that of a mouse at once
const TAP_MS = 100

function listenPress(screen, tables) {
  tables.onpointerdown = down => {
    // another button may open a menu that keeps its release to itself
    if (down.button !== 0) return
    press(screen)
    const up = event => {
      if (event.pointerId !== down.pointerId) return
      for (const kind of ["pointerup", "pointercancel"]) globalThis.removeEventListener(kind, up, true)
      setTimeout(() => release(screen), event.pointerType === "touch" ? TAP_MS : 0)
    }
    for (const kind of ["pointerup", "pointercancel"]) globalThis.addEventListener(kind, up, true)
  }
}

function listenCounts(screen) {
  const canvas = screen.canvas.counts
  canvas.onpointermove = event => {
    const { bench } = screen, [x, y] = place(canvas, event)
    const plateau = plateauUnder(bench, countScales(bench, boxOf(canvas)), y)
    canvas.style.cursor = plateau ? "pointer" : "default"
    const words = plateau && [`${plateau.count} clusters from ${power(Math.round(plateau.low))} to ${power(Math.round(plateau.high))}`, `${(plateau.high - plateau.low).toFixed(1)} decades; click to cut here`]
    tip(screen, canvas, x, y, words)
    if (plateau !== bench.plateauHover) { bench.plateauHover = plateau; redraw(screen, false) }
  }
  canvas.onpointerleave = () => {
    screen.bench.plateauHover = null
    tip(screen, canvas, 0, 0, null)
    redraw(screen, false)
  }
  canvas.onclick = event => {
    const { bench } = screen, plateau = plateauUnder(bench, countScales(bench, boxOf(canvas)), place(canvas, event)[1])
    if (plateau) screen.commit(B.atPlateau(bench, plateau))
  }
}

function listenMap(screen) {
  const canvas = screen.canvas.map
  const near = (x, y) => nearestPoint(mapScales(screen.bench, boxOf(canvas)).screen, x, y, 10)
  const idle = () => {
    canvas.onpointermove = event => {
      const [x, y] = place(canvas, event), v = near(x, y)
      hover(screen, v < 0 ? null : { vectors: [v], branch: -1 }, canvas, x, y, v < 0 ? null : vectorWords(screen.bench, v))
    }
  }
  idle()
  canvas.onpointerleave = () => hover(screen, null, canvas, 0, 0, null)
  canvas.onpointerdown = event => {
    const { bench } = screen, more = event.shiftKey || event.ctrlKey || event.metaKey
    canvas.focus({ preventScroll: true })
    bench.lasso = [place(canvas, event)]
    drag(canvas, canvas, event, (x, y) => { bench.lasso.push([x, y]); redraw(screen, false) }, (x, y, dragged) => {
      const v = near(x, y), lasso = bench.lasso
      bench.lasso = null
      idle()
      if (dragged) {
        const vectors = withinLasso(mapScales(bench, boxOf(canvas)).screen, lasso)
        B.pick(bench, vectors.length ? { vectors, branch: -1, only: true } : null, more)
      } else B.pick(bench, v < 0 ? null : B.markOf(bench.tree, clusterAt(bench.tree, bench.found, v)), more)
      relit(screen)
    })
  }
  canvas.onwheel = event => {
    if (!event.ctrlKey && screen.focused() !== canvas) return
    event.preventDefault()
    B.zoomMap(screen.bench, Math.exp(-event.deltaY * 0.002), ...place(canvas, event), boxOf(canvas))
    redraw(screen, false)
  }
  canvas.ondblclick = () => { screen.bench.mapZoom = { k: 1, x: 0, y: 0 }; redraw(screen, false) }
}

function listenMatrix(screen) {
  const matrix = screen.canvas.matrix, plane = screen.canvas.plane
  matrix.onpointermove = event => {
    const { bench } = screen, [x, y] = place(matrix, event), pair = pairAt(bench, boxOf(matrix), x, y)
    const who = v => `student ${bench.tree.student[v] + 1}, neuron ${bench.tree.neuron[v] + 1}`
    const lines = pair && [who(pair.a), who(pair.b), pair.decade === null ? `no farther apart than ${power(-17)}` : `distance about ${short(10 ** pair.decade)}`]
    hover(screen, pair && { vectors: [pair.a, pair.b], branch: -1 }, matrix, x, y, lines)
  }
  // the clusters of both vectors of a cell, so that they can be merged at once
  matrix.onclick = event => {
    const { bench } = screen, pair = pairAt(bench, boxOf(matrix), ...place(matrix, event))
    const clusters = pair && B.touched(bench, { vectors: [pair.a, pair.b], branch: -1 })
    B.pick(bench, clusters && B.markOfAll(bench.tree, clusters), event.shiftKey || event.ctrlKey || event.metaKey)
    relit(screen)
  }
  // the smallest branch that holds both, always
  matrix.ondblclick = event => {
    const { bench } = screen, pair = nearestPair(bench, boxOf(matrix), ...place(matrix, event))
    if (pair === null) return
    const branch = commonBranch(bench.tree, pair.a, pair.b)
    B.pick(bench, { vectors: [], branch })
    B.reveal(bench, branch)
    screen.part.said.textContent = branchWords(bench, branch).join("; ")
    relit(screen)
  }
  plane.onpointermove = event => {
    const { bench } = screen, [x, y] = place(plane, event), v = lineAt(bench, boxOf(plane), x, y, 6)
    hover(screen, v < 0 ? null : { vectors: [v], branch: -1 }, plane, x, y, v < 0 ? null : vectorWords(bench, v))
  }
  plane.onclick = event => {
    const { bench } = screen, v = lineAt(bench, boxOf(plane), ...place(plane, event), 6)
    B.pick(bench, v < 0 ? null : B.markOf(bench.tree, clusterAt(bench.tree, bench.found, v)), event.shiftKey)
    relit(screen)
  }
  matrix.onpointerleave = plane.onpointerleave = () => hover(screen, null, matrix, 0, 0, null)
}
