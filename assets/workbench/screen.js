// The page's parts, found once, and what is under way on them.

import { storageOfTab } from "./memory.js"

/** filled in when Python has spoken, or when all parts are there @type {any} */
const LATER = null

/** @param {ParentNode} parent @returns {BenchScreen} */
export function makeScreen(parent) {
  const root = one(parent, ".wb")
  /** @type {BenchScreen} */
  const screen = {
    root, bench: LATER, part: {}, canvas: LATER,
    cutLine: one(root, ".cutline"), tipBox: one(root, ".tip"),
    tableBody: /** @type {HTMLTableSectionElement} */ (one(root, ".table tbody")),
    acts: LATER, watch: LATER, update: LATER, listener: LATER, leaving: LATER,
    drawnFrom: {}, frame: 0, wordsDue: false, wordsAt: -Infinity, wordsTimer: null, pressed: false, rowsDue: false,
    dragging: false, dialling: null, settling: null, wanting: false,
    note: null, factsText: "", answeredFor: null, saidLast: "",
    ...exchange(),
  }
  for (const at of all(root, "[data-part]")) screen.part[at.dataset.part ?? ""] = at
  screen.canvas = /** @type {BenchScreen["canvas"]} */ (Object.fromEntries(
    all(root, "[data-view]").map(at => [at.dataset.view, at.querySelector("canvas")]),
  ))
  return screen
}

/** nothing sent, nothing heard @returns {Exchange} */
function exchange() {
  return {
    storage: storageOfTab(), tell: LATER, origin: "", count: 0, latest: 0, seen: "", seenCut: LATER, before: [], serial: "",
    posted: new Set(), sentAt: 0, retry: null, namesPending: false, gone: false,
  }
}

/** a part that workbench.html has @param {ParentNode} root @param {string} selector @returns {HTMLElement} */
export function one(root, selector) {
  const found = root.querySelector(selector)
  if (!(found instanceof HTMLElement)) throw new Error(`workbench.html has no ${selector}`)
  return found
}

/** the field of a form, or behind a label @param {ParentNode} root @param {string} selector @returns {HTMLInputElement} */
export function field(root, selector) {
  return /** @type {HTMLInputElement} */ (one(root, selector))
}

/** @param {ParentNode} root @param {string} selector @returns {HTMLElement[]} */
export function all(root, selector) {
  return [...root.querySelectorAll(/** @type {"button"} */ (selector))]
}

/** is there room for this picture? @param {BenchScreen} screen @param {ViewName} name */
export function isShown(screen, name) {
  return screen.canvas[name].clientWidth > 0
}

/** who has the keyboard @param {BenchScreen} screen @returns {HTMLElement | null} */
export function focused(screen) {
  const home = /** @type {Document | ShadowRoot} */ (screen.root.getRootNode())
  return /** @type {HTMLElement | null} */ (home.activeElement)
}
