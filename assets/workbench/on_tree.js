// Pointers on the tree: branches are hovered and picked, the cut and branches' own cuts are dragged,
// the rest of it moves and zooms the tree.

import * as B from "./bench.js"
import { boxOf } from "../canvas/surface.js"
import { commit, pick, preview } from "./acts.js"
import { treeScales, yOf } from "./axes.js"
import { addsTo, drag, place } from "./drag.js"
import { redraw } from "./frame.js"
import { cutBranch } from "./hands.js"
import { branchAt } from "./hit.js"
import { heightOf } from "./scale.js"
import { focused } from "./screen.js"
import { level } from "./sync.js"
import { branchWords, hover } from "./tip.js"
import { ownCuts } from "./tree_marks.js"
import { fitTree, lowest, panTree, zoomTree } from "./view.js"

const REACH = 9, TOUCH_REACH = 20
const WHEEL = 0.002

/** @param {PointerEvent} event */
function reachOf(event) {
  return event.pointerType === "touch" ? TOUCH_REACH : REACH
}

/** the height at a place of the tree, where there can be a cut @param {BenchScreen} screen @param {number} y */
function heightAt({ bench, canvas }, y) {
  const v = treeScales(bench, boxOf(canvas.tree)).v(y)
  return heightOf(Math.max(lowest(bench), Math.min(bench.whole[1], v)), bench.view.log)
}

/**
 * the cut line, or a branch's own, until it is let go
 * @param {BenchScreen} screen @param {HTMLElement} target @param {PointerEvent} event @param {(height: number) => Cut} cutAt
 */
function dragCut(screen, target, event, cutAt) {
  screen.dragging = true
  drag(target, screen.canvas.tree, event, (_, y) => preview(screen, cutAt(heightAt(screen, y))), (_, __, dragged) => {
    screen.dragging = false
    if (dragged) commit(screen, screen.bench.cut)
    else level(screen)
    redraw(screen)
  })
}

/** @param {BenchScreen} screen @param {HTMLElement} target @param {PointerEvent} event */
function dragMain(screen, target, event) {
  event.preventDefault()
  screen.cutLine.focus({ preventScroll: true })
  dragCut(screen, target, event, height => B.atHeight(screen.bench, height))
}

/** the own cut of a branch under the pointer @param {Bench} bench @param {TreeScales} scales @param {number} x @param {number} y @param {PointerEvent} event */
function ownUnder(bench, scales, x, y, event) {
  const reach = reachOf(event)
  return ownCuts(bench, scales).find(own => Math.abs(own.y - y) <= reach && x >= own.left && x <= own.right)
}

/** the branch at a place, as a mark, null beside the tree @param {Bench} bench @param {TreeScales} scales @param {number} x @param {number} y @returns {Mark | null} */
function branchUnder(bench, scales, x, y) {
  const node = branchAt(bench.tree, scales.place(x), heightOf(scales.v(y), bench.view.log))
  return node < 0 || x < scales.left ? null : { vectors: [], branch: node }
}

/** @param {BenchScreen} screen @param {PointerEvent} event */
function down(screen, event) {
  const { bench, canvas } = screen, [x, y] = place(canvas.tree, event), scales = treeScales(bench, boxOf(canvas.tree))
  canvas.tree.focus({ preventScroll: true })
  const own = ownUnder(bench, scales, x, y, event)
  if (own) dragCut(screen, canvas.tree, event, height => cutBranch(screen.bench.cut, own.node, height))
  else if (Math.abs(y - yOf(bench, scales, bench.cut.height)) <= reachOf(event)) dragMain(screen, canvas.tree, event)
  else {
    drag(canvas.tree, canvas.tree, event, (_, __, dx, dy) => {
      const { view } = bench, k = (view.x1 - view.x0) / (scales.right - scales.left)
      panTree(bench, -dx * k, (dy * (view.hi - view.lo)) / (scales.bottom - scales.top))
      redraw(screen, false)
    }, (nx, ny, dragged) => {
      if (!dragged) pick(screen, branchUnder(bench, scales, nx, ny), addsTo(event))
    })
  }
}

/** @param {BenchScreen} screen */
export function listenTree(screen) {
  const { cutLine } = screen, canvas = screen.canvas.tree
  cutLine.onpointerdown = event => dragMain(screen, cutLine, event)
  canvas.onpointerdown = event => down(screen, event)
  canvas.onpointermove = event => {
    const { bench } = screen, [x, y] = place(canvas, event), scales = treeScales(bench, boxOf(canvas))
    canvas.style.cursor = ownUnder(bench, scales, x, y, event) ? "ns-resize" : "default"
    const mark = branchUnder(bench, scales, x, y)
    hover(screen, mark, canvas, x, y, mark && branchWords(bench, mark.branch))
  }
  canvas.onpointerleave = () => hover(screen, null, canvas, 0, 0, null)
  canvas.ondblclick = () => { fitTree(screen.bench); redraw(screen, false) }
  canvas.onwheel = event => {
    // the page scrolls on unless the tree has been clicked into, or two fingers pinch
    if (!event.ctrlKey && focused(screen) !== canvas) return
    event.preventDefault()
    const { bench } = screen, [x, y] = place(canvas, event), scales = treeScales(bench, boxOf(canvas))
    zoomTree(bench, Math.exp(event.deltaY * WHEEL), scales.place(x), event.shiftKey ? scales.v(y) : null)
    redraw(screen, false)
  }
}
