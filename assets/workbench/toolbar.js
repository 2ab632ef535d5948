// The buttons, dials and forms around the pictures.

import * as B from "./bench.js"
import { commit, hand, keepNames, preview, step } from "./acts.js"
import { redraw } from "./frame.js"
import { search, wanted } from "./forms.js"
import { chooseMap } from "./maps.js"
import { save } from "./save.js"
import { all, field, one } from "./screen.js"
import { fitTree, setLog, zoomTree } from "./view.js"

const ZOOM = 0.6

/** @param {BenchScreen} screen @param {number} factor */
function zoom({ bench }, factor) {
  zoomTree(bench, factor, (bench.view.x0 + bench.view.x1) / 2, null)
}

/** @type {Record<string, (screen: BenchScreen) => void>} */
const WORDS = {
  undo: screen => step(screen, -1),
  redo: screen => step(screen, 1),
  log: ({ bench }) => setLog(bench, !bench.view.log),
  fit: ({ bench }) => fitTree(bench),
  in: screen => zoom(screen, ZOOM),
  out: screen => zoom(screen, 1 / ZOOM),
}

/** @param {BenchScreen} screen @param {HTMLButtonElement} button */
function pressed(screen, button) {
  const { bench } = screen, { rule, do: word, hand: decision, map, colour, export: kind } = button.dataset
  if (rule) commit(screen, B.ruled(bench, { rule }))
  else if (decision) hand(screen, decision)
  else if (kind) {
    save(screen, kind)
    button.closest("details")?.removeAttribute("open")
  } else {
    if (word) WORDS[word](screen)
    else if (map) { bench.mapWanted = map === "PCA" ? "PCA" : "UMAP"; chooseMap(screen) }
    else if (colour) bench.colourBy = colour
    else return
    redraw(screen)
  }
}

/** a dial moves the cut as it turns; one step to undo for all of it @param {BenchScreen} screen @param {HTMLInputElement} dial */
function listenDial(screen, dial) {
  const name = dial.dataset.dial ?? ""
  dial.oninput = () => {
    screen.dialling = name
    preview(screen, B.ruled(screen.bench, { [name]: Number(dial.value) }))
  }
  dial.onchange = () => {
    screen.dialling = null
    commit(screen, screen.bench.cut)
  }
}

/** @param {BenchScreen} screen @param {string} name of a form @param {(field: HTMLInputElement) => void} entered */
function listenForm(screen, name, entered) {
  const form = one(screen.root, `[data-form=${name}]`)
  form.onsubmit = event => {
    event.preventDefault()
    if (screen.bench) entered(field(form, "input"))
  }
  return field(form, "input")
}

/** a setting is kept under a name @param {BenchScreen} screen @param {HTMLInputElement} input */
function named(screen, input) {
  const name = input.value.trim()
  if (!name) return
  input.value = ""
  keepNames(screen, { ...screen.bench.names, [name]: screen.bench.cut })
}

/** @param {BenchScreen} screen */
export function listenToolbar(screen) {
  const { root } = screen
  // a movement by keyboard is not ended when focus leaves: what is sent while a link is being
  // followed would bring the page it left back, and what is not sent the tab remembers
  root.onclick = event => {
    const button = /** @type {Element} */ (event.target).closest("button")
    if (button && screen.bench) pressed(screen, button)
  }
  for (const dial of all(root, "[data-dial]")) listenDial(screen, /** @type {HTMLInputElement} */ (dial))
  const truth = field(root, "[data-check=truth]")
  truth.onchange = () => {
    screen.bench.showTruth = truth.checked
    redraw(screen)
  }
  const want = listenForm(screen, "want", input => wanted(screen, input))
  // what is not entered is not meant
  want.oninput = () => { screen.wanting = true }
  want.onblur = () => { screen.wanting = false; if (screen.bench) redraw(screen, false) }
  listenForm(screen, "find", input => search(screen, input.value))
  listenForm(screen, "name", input => named(screen, input))
}
