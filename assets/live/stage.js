// What all live pictures share: one canvas that stays in the page between updates, so that hover and
// motion survive them.

import { boxOf, ratioNow, wiped } from "../canvas/surface.js"
import { leaving } from "../canvas/leaving.js"

/** @type {WeakMap<object, Stage<any>>} */
const STAGES = new WeakMap()
const GLIDE_MS = 420

/** @param {Stage<any>} stage @param {string} name of a colour of the page @param {string} fallback */
export function pageColour({ host }, name, fallback) {
  return getComputedStyle(host).getPropertyValue(`--st-${name}`).trim() || fallback
}

/** @template {LiveData} D @param {Stage<D>} stage @param {number} t how far on the way, 0 to 1 */
function paint(stage, t) {
  const box = boxOf(stage.canvas), g = wiped(stage.canvas, box, ratioNow())
  if (g) stage.draw(g, box, stage, t)
}

/**
 * draws a picture as it is now
 * @template {LiveData} D @param {Stage<D>} stage
 */
export function repaint(stage) {
  paint(stage, 1)
}

/**
 * from where things are to where they shall be
 * @template {LiveData} D @param {Stage<D>} stage @param {number} [duration] in milliseconds: with one, evenly
 */
export function glide(stage, duration) {
  cancelAnimationFrame(stage.frame)
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches
  const began = performance.now()
  /** @param {number} now */
  const tick = now => {
    const t = still ? 1 : Math.min(1, (now - began) / (duration ?? GLIDE_MS))
    paint(stage, duration ? t : t * (2 - t))
    if (t < 1) stage.frame = requestAnimationFrame(tick)
  }
  stage.frame = requestAnimationFrame(tick)
}

/** @template {LiveData} D @param {Component<D>} component @param {Stage<D>["draw"]} draw @returns {Stage<D>} */
function makeStage({ data, parentElement }, draw) {
  const canvas = /** @type {HTMLCanvasElement} */ (parentElement.querySelector("canvas"))
  const tip = /** @type {HTMLElement} */ (parentElement.querySelector(".tip"))
  const host = parentElement instanceof ShadowRoot ? parentElement.host : parentElement
  /** @type {Stage<D>} */
  const stage = { canvas, tip, host, data, draw, frame: 0, watch: new ResizeObserver(() => repaint(stage)) }
  stage.watch.observe(canvas)
  return stage
}

/**
 * the canvas of a component, made at its first call; fresh: it has just been
 * @template {LiveData} D @param {Component<D>} component @param {Stage<D>["draw"]} draw
 */
export function stageOf(component, draw) {
  const { data, parentElement } = component, before = STAGES.get(parentElement)
  const stage = before ?? makeStage(component, draw)
  STAGES.set(parentElement, stage)
  stage.data = data
  stage.canvas.style.height = `${data.height}px`
  stage.canvas.setAttribute("aria-label", data.alt)
  const leave = leaving(parentElement, () => {
    cancelAnimationFrame(stage.frame)
    stage.watch.disconnect()
    STAGES.delete(parentElement)
  })
  return { stage, fresh: before === undefined, leave }
}
