// Everything by keyboard.

import { boxOf } from "../canvas/surface.js"
import * as B from "./bench.js"
import { isWithin } from "./data.js"
import { cutBranch } from "./hands.js"
import { hand, pick, settle, step } from "./acts.js"
import { treeScales, yOf } from "./axes.js"
import { redraw, relit } from "./frame.js"
import { mapScales } from "./map.js"
import { field as fieldOf } from "./screen.js"
import { branchWords, say, vectorWords } from "./tip.js"
import { fitMap, fitTree, nudged, reveal, revealOnMap, zoomMap, zoomTree } from "./view.js"

const ZOOM = 1.4
// with Shift, steps along the height axis are longer
const LONG_STEP = 10

/** @type {Record<string, string>} */
const FIELDS = { n: "want", f: "find" }
/** @type {Record<string, string>} */
const LETTERS = { s: "split", o: "own", m: "merge", k: "keep", d: "drop", r: "reset" }

/** how the keyboard zooms: in, out, not at all @param {KeyboardEvent} event */
function zoomOf({ key }) {
  return key === "-" ? 1 / ZOOM : key === "+" || key === "=" ? ZOOM : null
}

/** @param {KeyboardEvent} event */
function picks({ key }) {
  return key === "Enter" || key === " "
}

/** @param {BenchScreen} screen @param {KeyboardEvent} event */
function onCutLine(screen, event) {
  const { bench } = screen, steps = event.shiftKey ? LONG_STEP : 1
  const plateau = (/** @type {number} */ direction) => {
    const next = B.nextPlateau(bench, direction)
    return next && B.atPlateau(bench, next)
  }
  const nudge = (/** @type {number} */ by) => B.atHeight(bench, nudged(bench, bench.cut.height, by))
  /** @type {Record<string, () => Cut | null>} */
  const moves = {
    ArrowUp: () => nudge(steps), ArrowDown: () => nudge(-steps),
    ArrowRight: () => nudge(steps), ArrowLeft: () => nudge(-steps),
    PageUp: () => plateau(1), PageDown: () => plateau(-1),
    Home: () => B.ruled(bench, { rule: "plateau" }),
  }
  const cut = moves[event.key]?.()
  if (cut === undefined) return false
  if (cut) settle(screen, cut)
  return true
}

/** the branch beside one, of about its height @param {Tree} tree @param {number} node @param {number} direction */
function beside(tree, node, direction) {
  const at = direction > 0 ? tree.first[node] + tree.size[node] : tree.first[node] - 1
  if (at < 0 || at >= tree.vectors) return node
  let next = tree.order[at]
  while (tree.parent[next] >= 0 && tree.height[tree.parent[next]] <= tree.height[node]) next = tree.parent[next]
  return next
}

/** where the keyboard is on the tree @param {Bench} bench */
function nodeAt({ hover, picked, found, tree }) {
  if (hover.branch >= 0) return hover.branch
  return picked.branch >= 0 ? picked.branch : found.kept[0]?.node ?? tree.nodes - 1
}

/** moves the own cut of the branch at hand, if it has one @param {BenchScreen} screen @param {KeyboardEvent} event @param {number} at */
function moveOwn(screen, event, at) {
  const { bench } = screen, { tree } = bench
  const own = bench.cut.edits.findLast(([word, node]) => (
    word === "cut" && node < tree.nodes && (isWithin(tree, at, node) || isWithin(tree, node, at))
  ))
  if (!own) return false
  const [, node, height] = own, steps = (event.key === "ArrowUp" ? 1 : -1) * (event.shiftKey ? LONG_STEP : 1)
  settle(screen, cutBranch(bench.cut, node, nudged(bench, height, steps)))
  return true
}

/** the branch that an arrow leads to @param {Tree} tree @param {number} at @param {string} key */
function towards(tree, at, key) {
  if (key === "ArrowLeft" || key === "ArrowRight") return beside(tree, at, key === "ArrowLeft" ? -1 : 1)
  if (key === "ArrowUp") return tree.parent[at] < 0 ? at : tree.parent[at]
  if (key === "ArrowDown") return at < tree.vectors ? at : tree.left[at - tree.vectors]
  return null
}

/** @param {BenchScreen} screen @param {KeyboardEvent} event */
function onTree(screen, event) {
  const { bench } = screen, { tree } = bench, at = nodeAt(bench), zoom = zoomOf(event), upright = /^Arrow(Up|Down)$/
  if (event.altKey && upright.test(event.key) && moveOwn(screen, event, at)) return true
  const node = towards(tree, at, event.key)
  if (node !== null) {
    B.hoverOn(bench, { vectors: [], branch: node })
    reveal(bench, node)
    const scales = treeScales(bench, boxOf(screen.canvas.tree)), y = yOf(bench, scales, tree.height[node])
    say(screen, screen.canvas.tree, scales.X(tree.x[node]), y, branchWords(bench, node))
    relit(screen)
  } else if (picks(event)) pick(screen, { vectors: [], branch: at }, event.shiftKey)
  else if (zoom || event.key === "0") {
    if (zoom) zoomTree(bench, 1 / zoom, tree.x[at], null)
    else fitTree(bench)
    redraw(screen, false)
  } else return false
  return true
}

/** @param {BenchScreen} screen @param {KeyboardEvent} event */
function onMap(screen, event) {
  const { bench } = screen, { tree } = bench, now = bench.hover.vectors[0], canvas = screen.canvas.map, box = boxOf(canvas)
  const zoom = zoomOf(event)
  /** @param {number} v @returns {[number, number]} */
  const spot = v => {
    const { screen: points } = mapScales(bench, box)
    return [points[2 * v], points[2 * v + 1]]
  }
  if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
    const by = event.key === "ArrowRight" ? 1 : -1
    const v = tree.order[now === undefined ? 0 : Math.max(0, Math.min(tree.vectors - 1, tree.place[now] + by))]
    B.hoverOn(bench, { vectors: [v], branch: -1 })
    if (revealOnMap(bench, ...spot(v), box)) redraw(screen, false)
    say(screen, canvas, ...spot(v), vectorWords(bench, v))
    relit(screen)
  } else if (picks(event) && now !== undefined) {
    pick(screen, B.markOf(tree, B.touched(bench, bench.hover)[0]), event.shiftKey)
  } else if (zoom || event.key === "0") {
    if (zoom) zoomMap(bench, zoom, ...(now === undefined ? /** @type {const} */ ([box.w / 2, box.h / 2]) : spot(now)), box)
    else fitMap(bench)
    redraw(screen, false)
  } else return false
  return true
}

/** keys that mean the same wherever the keyboard is @param {BenchScreen} screen @param {KeyboardEvent} event */
function anywhere(screen, event) {
  const letter = event.altKey ? "" : event.key.toLowerCase()
  if (FIELDS[letter]) {
    const typed = fieldOf(screen.root, `[data-form=${FIELDS[letter]}] input`)
    typed.focus()
    typed.select()
  } else if (LETTERS[letter]) hand(screen, LETTERS[letter])
  else if (event.key === "Escape") {
    B.hoverOn(screen.bench, null)
    screen.note = null
    pick(screen, null)
  } else return false
  return true
}

/** undo and redo; -1, 1, or null for another key @param {KeyboardEvent} event */
function stepOf(event) {
  const letter = event.key.toLowerCase()
  if (!(event.ctrlKey || event.metaKey)) return null
  return letter === "z" ? (event.shiftKey ? 1 : -1) : letter === "y" ? 1 : null
}

/** was it a key of the bench? @param {BenchScreen} screen @param {KeyboardEvent} event */
function handled(screen, event) {
  const { cutLine, canvas } = screen, target = /** @type {HTMLElement} */ (event.composedPath()[0]), back = stepOf(event)
  if (target.matches?.("input:is([type=text], [type=search], [type=number])")) {
    if (event.key !== "Escape" || !target.closest("[data-form]")) return false
    target.blur()
    canvas.tree.focus({ preventScroll: true })
    return true
  }
  if (back !== null) { step(screen, back); return true }
  if (event.ctrlKey || event.metaKey) return false
  return (target === cutLine && onCutLine(screen, event)) || (target === canvas.tree && onTree(screen, event)) ||
    (target === canvas.map && onMap(screen, event)) || anywhere(screen, event)
}

/** @param {BenchScreen} screen @param {KeyboardEvent} event */
export function onKey(screen, event) {
  if (!screen.bench || !handled(screen, event)) return
  event.preventDefault()
  // the app has shortcuts of its own (R reruns, C clears)
  event.stopPropagation()
}
