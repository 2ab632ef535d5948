// The component: Streamlit calls this with new data; the bench stays, and only what is new comes in.

import { leaving } from "../canvas/leaving.js"
import { abandon, rowActs } from "./acts.js"
import { makeBench } from "./bench.js"
import { unpack } from "./data.js"
import { VIEWS } from "./draw.js"
import { listenPress } from "./drag.js"
import { press, redraw, release, still, words } from "./frame.js"
import { onKey } from "./keys.js"
import { chooseMap } from "./maps.js"
import { listenTree } from "./on_tree.js"
import { listenViews } from "./on_views.js"
import { all, makeScreen, one } from "./screen.js"
import { arrived, leave } from "./sync.js"
import { listenToolbar } from "./toolbar.js"

/** @type {WeakMap<object, BenchScreen>} */
const SCREENS = new WeakMap()
/** @type {(keyof Look)[]} */
const PAGE_COLOURS = ["paper", "panel", "soft", "line", "blue", "onblue", "accent", "good", "warn"]

/** bytes that came through a component of their own, see blob.js @param {string | null} name */
function blob(name) {
  for (const { id, data } of globalThis.ecBlobs?.values() ?? []) if (id === name) return data
  return null
}

/** a screen that answers to pointers and keys @param {ParentNode} parent */
function open(parent) {
  const screen = makeScreen(parent), { root } = screen
  screen.acts = rowActs(screen)
  screen.leaving = () => abandon(screen)
  listenToolbar(screen)
  listenTree(screen)
  listenViews(screen)
  for (const table of all(root, ".table, .saved")) listenPress(table, () => press(screen), () => release(screen))
  root.onkeydown = event => onKey(screen, event)
  screen.watch = new ResizeObserver(() => { if (screen.bench) redraw(screen, false) })
  for (const name of VIEWS) screen.watch.observe(screen.canvas[name])
  return screen
}

/** a sentence in the place of the bench, null for none @param {BenchScreen} screen @param {string | null} sentence */
function waiting({ root }, sentence) {
  const empty = one(root, ".empty")
  root.classList.toggle("waiting", sentence !== null)
  empty.hidden = sentence === null
  empty.textContent = sentence
}

/** maps and truth, where they are new @param {Bench} bench @param {BenchData} data */
function takeBlobs(bench, data) {
  const umap = blob(data.map), truth = blob(data.truth)
  if (bench.umapName !== data.map) {
    bench.umap = umap && unpack(umap)
    bench.umapName = umap && data.map
  }
  if (!data.truth) bench.truth = null
  else if (truth && bench.truth?.id !== data.truth) bench.truth = unpack(truth)
}

/** @param {BenchScreen} screen @param {BenchData} data */
function receive(screen, data) {
  const packed = blob(data.tree)
  waiting(screen, data.problem ?? (packed === null ? "The tree is on its way …" : null))
  if (packed === null || data.problem) {
    abandon(screen)
    // nothing of the bench can be reached while it is not there
    screen.bench = /** @type {any} */ (null)
    return
  }
  const fresh = screen.bench?.tree.id !== data.tree
  if (fresh) {
    abandon(screen)
    screen.bench = makeBench(unpack(packed))
    screen.bench.showTruth = data.showTruth === true
  }
  const { bench, root } = screen
  bench.look = data.look
  for (const name of PAGE_COLOURS) root.style.setProperty(`--wb-${name}`, String(data.look[name]))
  takeBlobs(bench, data)
  bench.umapNote = data.umap
  bench.medians = new Map(data.medians)
  bench.built = data.built ?? {}
  chooseMap(screen)
  arrived(screen, data, fresh)
  screen.part.used.textContent = `side by side; ${data.used}`
  const planar = bench.tree.lines !== undefined
  one(root, ".plane").hidden = !planar
  root.classList.toggle("planar", planar)
  root.dataset.vectors = String(bench.tree.vectors)
  words(screen)
  redraw(screen)
}

/** @param {Component<BenchData>} component */
export default function (component) {
  const { data, parentElement, setStateValue } = component, screen = SCREENS.get(parentElement) ?? open(parentElement)
  SCREENS.set(parentElement, screen)
  screen.tell = setStateValue
  screen.update = () => receive(screen, data)
  // large arrays come through a component of their own and may come later
  screen.listener ??= () => screen.update()
  globalThis.addEventListener("ec-blob", screen.listener)
  // a tab that is reloaded or closed unmounts nothing
  globalThis.addEventListener("pagehide", screen.leaving)
  screen.update()
  return leaving(parentElement, () => {
    globalThis.removeEventListener("ec-blob", screen.listener)
    globalThis.removeEventListener("pagehide", screen.leaving)
    leave(screen)
    abandon(screen)
    screen.watch.disconnect()
    still(screen)
    SCREENS.delete(parentElement)
  })
}
