// From the state to the page, once per animation frame: pictures at every frame, words where they
// changed, and during a movement less often.

import { boxOf, ratioNow, wiped } from "../canvas/surface.js"
import { touched } from "./bench.js"
import { DRAW, VIEWS } from "./draw.js"
import { facts, placeCutLine } from "./facts.js"
import { isShown } from "./screen.js"
import { relight } from "./table.js"
import { hands, writeWords } from "./words.js"

const TABLE_PAUSE_MS = 140

/**
 * all that a picture is drawn from, null where it must be drawn every time
 * @param {Bench} bench @param {ViewName} name @param {Box} box @param {number} ratio
 */
function sourceOf(bench, name, box, ratio) {
  if (name === "tree" || name === "counts") return null
  const { tree, version, lights, mapZoom: zoom, look, showTruth, colourBy } = bench
  const map = name === "map" ? [zoom.k, zoom.x, zoom.y, bench.points === tree.map, bench.lasso?.length] : []
  return [tree.id, version, lights, box.w, box.h, ratio, look.text, showTruth, colourBy, bench.truth?.id, ...map].join()
}

/** @param {BenchScreen} screen @param {ViewName} name */
function paint(screen, name) {
  const canvas = screen.canvas[name], box = boxOf(canvas), ratio = ratioNow()
  const source = sourceOf(screen.bench, name, box, ratio)
  if (source !== null && screen.drawnFrom[name] === source) return
  const g = wiped(canvas, box, ratio)
  if (!g) return
  screen.drawnFrom[name] = source
  DRAW[name](g, box, screen.bench, ratio)
}

/**
 * everything that shows the cut, with the next frame
 * @param {BenchScreen} screen @param {boolean} withWords the table and kept settings too
 */
export function redraw(screen, withWords = true) {
  screen.wordsDue = screen.wordsDue || withWords
  // whoever reads the page by a program can tell that it does not show all of it yet
  screen.root.dataset.behind = ""
  if (screen.frame) return
  screen.frame = requestAnimationFrame(() => show(screen))
}

/** @param {BenchScreen} screen */
function show(screen) {
  screen.frame = 0
  if (!screen.bench) return
  for (const name of VIEWS) if (isShown(screen, name)) paint(screen, name)
  placeCutLine(screen)
  facts(screen)
  const { lo, hi } = screen.bench.view
  screen.root.dataset.span = String(hi - lo)
  screen.root.dataset.drawn = String(1 + Number(screen.root.dataset.drawn ?? 0))
  if (screen.wordsDue) { screen.wordsDue = false; laterWords(screen) }
  abreast(screen)
}

/** @param {BenchScreen} screen */
function abreast(screen) {
  if (!screen.frame && !screen.wordsTimer && !screen.rowsDue) delete screen.root.dataset.behind
}

/** the table follows a dragged cut a few times a second, its pictures at every frame @param {BenchScreen} screen */
function laterWords(screen) {
  const since = performance.now() - screen.wordsAt
  if (since < TABLE_PAUSE_MS || screen.dragging) {
    wait(screen)
    screen.wordsTimer = setTimeout(() => words(screen), screen.dragging ? 2 * TABLE_PAUSE_MS : TABLE_PAUSE_MS)
    if (!screen.dragging || since < 4 * TABLE_PAUSE_MS) return
  }
  words(screen)
}

/** @param {BenchScreen} screen */
function wait(screen) {
  if (screen.wordsTimer) clearTimeout(screen.wordsTimer)
  screen.wordsTimer = null
}

/** @param {BenchScreen} screen */
export function words(screen) {
  wait(screen)
  if (!screen.bench) return
  screen.wordsAt = performance.now()
  writeWords(screen)
  abreast(screen)
}

/** no frame and no words any more: the bench goes away @param {BenchScreen} screen */
export function still(screen) {
  wait(screen)
  cancelAnimationFrame(screen.frame)
  screen.frame = 0
}

/** the pointer goes down on a table @param {BenchScreen} screen */
export function press(screen) {
  screen.pressed = true
}

/** the pointer is up, and its click has been @param {BenchScreen} screen */
export function release(screen) {
  const due = screen.rowsDue
  screen.pressed = screen.rowsDue = false
  if (due) words(screen)
}

/** other things are picked or hovered; the cut is the same @param {BenchScreen} screen */
export function relit(screen) {
  const { bench } = screen
  bench.pickedClusters = touched(bench, bench.picked)
  relight(screen.tableBody, bench)
  hands(screen)
  redraw(screen, false)
}
