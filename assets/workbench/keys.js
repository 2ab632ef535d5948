// Everything by keyboard.

import * as B from "./bench.js"
import { isWithin } from "./data.js"
import { cutBranch } from "./hands.js"
import { treeScales, yOf } from "./dendrogram.js"
import { mapScales } from "./map.js"
import { boxOf, redraw, relit } from "./screen.js"
import { branchWords, tip, vectorWords } from "./input.js"

const FIELDS = { n: "want", f: "find" }
const LETTERS = { s: "split", o: "own", m: "merge", k: "keep", d: "drop", r: "reset" }

function onCutLine(screen, event) {
  const { bench } = screen, steps = event.shiftKey ? 10 : 1
  const plateau = direction => {
    const next = B.nextPlateau(bench, direction)
    return next && B.atPlateau(bench, next)
  }
  const nudge = by => B.atHeight(bench, B.nudged(bench, bench.cut.height, by))
  const moves = {
    ArrowUp: () => nudge(steps), ArrowDown: () => nudge(-steps),
    ArrowRight: () => nudge(steps), ArrowLeft: () => nudge(-steps),
    PageUp: () => plateau(1), PageDown: () => plateau(-1),
    Home: () => B.ruled(bench, { rule: "plateau" }),
  }
  const cut = moves[event.key]?.()
  if (cut === undefined) return false
  if (cut) screen.settle(cut)
  return true
}

function beside(tree, node, direction) {
  const at = direction > 0 ? tree.first[node] + tree.size[node] : tree.first[node] - 1
  if (at < 0 || at >= tree.vectors) return node
  let next = tree.order[at]
  while (tree.parent[next] >= 0 && tree.height[tree.parent[next]] <= tree.height[node]) next = tree.parent[next]
  return next
}

// beside what it is about, and for those who listen
function say(screen, canvas, x, y, words) {
  tip(screen, canvas, x, y, words)
  screen.part.said.textContent = words.join("; ")
}

function onTree(screen, event) {
  const { bench } = screen, { tree } = bench, m = tree.vectors
  const at = bench.hover.branch >= 0 ? bench.hover.branch : bench.picked.branch >= 0 ? bench.picked.branch : bench.found.kept[0]?.node ?? tree.nodes - 1
  const own = bench.cut.edits.findLast(([word, node]) => (
    word === "cut" && node < tree.nodes && (isWithin(tree, at, node) || isWithin(tree, node, at))
  ))
  if (event.altKey && own && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    const by = (event.key === "ArrowUp" ? 1 : -1) * (event.shiftKey ? 10 : 1)
    screen.settle(cutBranch(bench.cut, own[1], B.nudged(bench, own[2], by)))
    return true
  }
  const go = node => {
    B.hoverOn(bench, { vectors: [], branch: node })
    B.reveal(bench, node)
    const scales = treeScales(bench, boxOf(screen.canvas.tree))
    say(screen, screen.canvas.tree, scales.X(tree.x[node]), yOf(bench, scales, tree.height[node]), branchWords(bench, node))
    relit(screen)
    return true
  }
  if (event.key === "ArrowLeft") return go(beside(tree, at, -1))
  if (event.key === "ArrowRight") return go(beside(tree, at, 1))
  if (event.key === "ArrowUp") return go(tree.parent[at] < 0 ? at : tree.parent[at])
  if (event.key === "ArrowDown") return go(at < m ? at : tree.left[at - m])
  if (event.key === "Enter" || event.key === " ") {
    B.pick(bench, { vectors: [], branch: at }, event.shiftKey)
    relit(screen)
    return true
  }
  if (event.key === "+" || event.key === "=" || event.key === "-") {
    B.zoomTree(bench, event.key === "-" ? 1.4 : 1 / 1.4, tree.x[at], null)
    redraw(screen, false)
    return true
  }
  if (event.key === "0") { B.fitTree(bench); redraw(screen, false); return true }
  return false
}

function onMap(screen, event) {
  const { bench } = screen, { tree } = bench, now = bench.hover.vectors[0], canvas = screen.canvas.map, box = boxOf(canvas)
  const spot = v => { const { screen: points } = mapScales(bench, box); return [points[2 * v], points[2 * v + 1]] }
  if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
    const by = event.key === "ArrowRight" ? 1 : -1
    const at = now === undefined ? 0 : Math.max(0, Math.min(tree.vectors - 1, tree.place[now] + by))
    const v = tree.order[at]
    B.hoverOn(bench, { vectors: [v], branch: -1 })
    if (B.revealOnMap(bench, ...spot(v), box)) redraw(screen, false)
    say(screen, canvas, ...spot(v), vectorWords(bench, v))
    relit(screen)
    return true
  }
  if (event.key === "+" || event.key === "=" || event.key === "-") {
    B.zoomMap(bench, event.key === "-" ? 1 / 1.4 : 1.4, ...(now === undefined ? [box.w / 2, box.h / 2] : spot(now)), box)
    redraw(screen, false)
    return true
  }
  if (event.key === "0") { bench.mapZoom = { k: 1, x: 0, y: 0 }; redraw(screen, false); return true }
  if ((event.key === "Enter" || event.key === " ") && now !== undefined) {
    B.pick(bench, B.markOf(tree, B.touched(bench, bench.hover)[0]), event.shiftKey)
    relit(screen)
    return true
  }
  return false
}

export function onKey(screen, event) {
  const { bench, cutLine, canvas } = screen
  if (!bench) return
  const target = event.composedPath()[0], typing = target.matches?.("input:is([type=text], [type=search], [type=number])")
  const command = event.ctrlKey || event.metaKey
  if (command && !typing && event.key.toLowerCase() === "z") {
    screen.step(event.shiftKey ? 1 : -1)
  } else if (command && !typing && event.key.toLowerCase() === "y") screen.step(1)
  else if (typing && event.key === "Escape" && target.closest("[data-form]")) {
    target.blur()
    screen.bench && canvas.tree.focus({ preventScroll: true })
  } else if (typing || command) return
  else if (target === cutLine && onCutLine(screen, event)) { /* done */ }
  else if (target === canvas.tree && onTree(screen, event)) { /* done */ }
  else if (target === canvas.map && onMap(screen, event)) { /* done */ }
  else if (FIELDS[event.key.toLowerCase()] && !event.altKey) {
    const field = screen.root.querySelector(`[data-form=${FIELDS[event.key.toLowerCase()]}] input`)
    field.focus()
    field.select()
  } else if (LETTERS[event.key.toLowerCase()] && !event.altKey) screen.hand(LETTERS[event.key.toLowerCase()])
  else if (event.key === "Escape") { B.pick(bench, null); B.hoverOn(bench, null); screen.note = null; relit(screen) }
  else return
  event.preventDefault()
  // the app has shortcuts of its own (R reruns, C clears)
  event.stopPropagation()
}
