// The tables, the toolbar and its buttons: words that follow a cut when it stands still.

import { short } from "../canvas/text.js"
import { ownNode, touched } from "./bench.js"
import { neededStudents } from "./branches.js"
import { focusIn } from "./focus.js"
import { canRedo, canUndo } from "./history.js"
import { fillSaved } from "./saved.js"
import { all, field, focused, one } from "./screen.js"
import { fillHead, fillTable } from "./table.js"

// rows while the cut is dragged: as many as can be seen
const FEW_ROWS = 24

/** @param {BenchScreen} screen */
export function writeWords(screen) {
  const { bench } = screen
  bench.pickedClusters = touched(bench, bench.picked)
  // rows that go away between press and release take the click with them
  if (screen.pressed) screen.rowsDue = true
  else rows(screen)
  hands(screen)
  controls(screen)
}

/** @param {BenchScreen} screen */
function rows(screen) {
  const { bench, part, root, acts } = screen, back = focusIn(root, focused(screen))
  const section = (/** @type {string} */ selector) => /** @type {HTMLTableSectionElement} */ (one(root, selector))
  if (!screen.dragging) fillHead(/** @type {HTMLTableRowElement} */ (one(root, ".table thead tr")), bench, acts)
  const more = fillTable(screen.tableBody, bench, acts, screen.dragging ? FEW_ROWS : undefined)
  part.tablenote.textContent = more > 0 ? `and ${more.toLocaleString("en")} more rejected branches` : ""
  if (!screen.dragging) fillSaved(section(".saved thead"), section(".saved tbody"), bench, acts)
  back()
}

/** what is picked, as a sentence @param {BenchScreen} screen @param {Cluster[]} clusters */
function pickedWords({ bench, note }, clusters) {
  const count = clusters.length
  if (count === 0) return note ?? "Pick a branch, a point or a row to decide about it by hand."
  const neurons = (/** @type {number} */ n) => `${n.toLocaleString("en")} ${n === 1 ? "neuron" : "neurons"} picked`
  const one_ = clusters[0].kept ? `cluster ${clusters[0].number + 1}` : "a rejected branch"
  const name = count === 1 ? one_ : `${count} clusters`
  if (bench.picked.only) return `${neurons(bench.picked.vectors.length)}, of ${name}`
  return `${name[0].toUpperCase()}${name.slice(1)}: ${neurons(clusters.reduce((n, c) => n + c.size, 0))}`
}

/** what is picked, and what can be decided about it @param {BenchScreen} screen */
export function hands(screen) {
  const { bench, root, part } = screen, clusters = touched(bench, bench.picked), count = clusters.length
  const kept = clusters.filter(c => c.kept).length
  if (count > 0) screen.note = null
  part.picked.textContent = pickedWords(screen, clusters)
  /** @type {Record<string, boolean>} */
  const can = {
    split: count === 1 && (clusters[0].nodes.length > 1 || bench.tree.height[clusters[0].node] > 0),
    own: ownNode(bench, clusters) >= 0,
    merge: count > 1, keep: kept < count, drop: kept > 0, reset: count > 0 && bench.cut.edits.length > 0,
  }
  for (const button of all(root, "[data-hand]")) able(button, can[button.dataset.hand ?? ""])
}

/** @param {HTMLElement} button @param {boolean} can */
function able(button, can) {
  button.toggleAttribute("disabled", !can)
}

/** which of some buttons is chosen @param {HTMLElement} root @param {string} of @param {string} chosen */
function press(root, of, chosen) {
  for (const b of all(root, `[data-${of}]`)) b.setAttribute("aria-pressed", String(b.dataset[of] === chosen))
}

/** the toolbar @param {BenchScreen} screen */
function controls(screen) {
  const { bench, root, part } = screen, { cut, tree, found } = bench
  press(root, "rule", cut.rule)
  press(root, "colour", bench.colourBy)
  press(root, "map", bench.mapWanted)
  // nobody can choose it: it is where Reconstruct cut students that were not exact yet
  one(root, "[data-rule=share]").hidden = cut.rule !== "share"
  screen.canvas.map.setAttribute("aria-label", `Map of the weight vectors, coloured by ${bench.colourBy}`)
  one(root, "[data-do=log]").setAttribute("aria-pressed", String(bench.view.log))
  part.axis.textContent = bench.view.log ? "height of merging, logarithmic" : "height of merging, linear"
  for (const [name, value] of Object.entries({ gamma: cut.gamma, beta: cut.beta })) {
    if (screen.dialling !== name) field(root, `[data-dial=${name}]`).value = String(value)
  }
  const needed = neededStudents(tree, cut.gamma)
  one(root, "[data-value=gamma]").textContent = `${Number(cut.gamma.toFixed(3))} · ${needed} of ${tree.students}`
  one(root, "[data-value=beta]").textContent = `${Number(cut.beta.toPrecision(3))}°`
  able(one(root, "[data-do=undo]"), canUndo(bench.history))
  able(one(root, "[data-do=redo]"), canRedo(bench.history))
  part.truth.hidden = bench.truth === null
  field(part.truth, "input").checked = bench.showTruth
  const said = `${found.kept.length} neurons found, cut at ${short(cut.height)}`
  // said once: a later word about a branch or a point is not spoken over by an old one
  if (!screen.dragging && screen.saidLast !== said) part.said.textContent = screen.saidLast = said
}
