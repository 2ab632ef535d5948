// The table of clusters.

import { reason } from "./cut.js"
import { allMembers, inOrder } from "./sets.js"
import { beside } from "../canvas/surface.js"
import { drawSymbol } from "../canvas/symbols.js"
import { decade, degrees, short } from "../canvas/text.js"
import { colourOf, symbolOf } from "./look.js"
import { judged } from "./bench.js"
import { cell } from "./cells.js"

const ROWS = 120
const SWATCH = 14

/** @param {Float64Array} values */
function median(values) {
  const sorted = Float64Array.from(values).sort(), half = sorted.length >> 1
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

/** median size of the members' outgoing weights @param {Tree} tree @param {{ nodes: number[] }} cluster */
export function outgoing(tree, cluster) {
  return median(Float64Array.from(allMembers(tree, cluster.nodes), v => tree.strength[v]))
}

/** @typedef {NonNullable<ReturnType<typeof judged>>} Seen what the truth says */
/** @typedef {{ key: string, label: string, number?: boolean, title?: string, of: (c: Cluster, tree: Tree, seen: Seen | null, medians: Map<string, number>) => number }} Column */

/** @type {Column[]} */
const COLUMNS = [
  { key: "number", label: "cluster", of: c => (c.kept ? c.number : Infinity) },
  { key: "size", label: "neurons", of: c => c.size, number: true },
  { key: "support", label: "students", of: c => c.support, number: true },
  { key: "spread", label: "log₁₀ spread", of: c => c.spread, number: true, title: "Root mean square distance to the best member, as a power of ten" },
  { key: "angle", label: "angle", of: c => c.angle, number: true, title: "Of the mean pairwise cosine: what β is compared with" },
  { key: "median", label: "median", of: (c, _, __, medians) => medians.get(c.nodes.join()) ?? Infinity, number: true, title: "The paper’s median pairwise angle, of the clusters kept" },
  { key: "outgoing", label: "outgoing", of: (c, tree) => outgoing(tree, c), number: true, title: "Median size of the outgoing weights" },
  { key: "truth", label: "truth", of: (c, _, seen) => (c.kept ? seen?.distance[c.index]?.away : undefined) ?? Infinity, number: true, title: "The nearest true neuron, and the distance to it as a power of ten" },
  { key: "verdict", label: "verdict", of: c => (c.kept ? 0 : 1) + (c.byHand ? 0.5 : 0) },
]

/** @param {Bench} bench @param {Seen | null} seen */
export function sortedClusters(bench, seen) {
  const rejected = [...bench.found.rejected].sort(inOrder), all = [...bench.found.kept, ...rejected]
  const { key, down } = bench.sort, column = COLUMNS.find(other => other.key === key)
  if (!column || (key === "number" && !down)) return all
  const values = all.map(cluster => ({ cluster, value: column.of(cluster, bench.tree, seen, bench.medians) }))
  values.sort((a, b) => (a.value - b.value || 0) * (down ? -1 : 1))
  return values.map(({ cluster }) => cluster)
}

/** @type {Map<string, string>} */
const SWATCHES = new Map()

/** @param {Bench} bench @param {number} number */
function swatch(bench, number) {
  const kind = symbolOf(number), colour = colourOf(bench.look, number), key = kind + colour
  let picture = SWATCHES.get(key)
  if (picture === undefined) {
    const { canvas, g } = beside(SWATCH, SWATCH, 2)
    drawSymbol(g, kind, SWATCH / 2, SWATCH / 2, 4.4, colour)
    picture = canvas.toDataURL()
    SWATCHES.set(key, picture)
  }
  const image = new Image(SWATCH, SWATCH)
  image.src = picture
  image.alt = ""
  return image
}

/** @param {HTMLTableRowElement} head @param {Bench} bench @param {RowActs} acts */
export function fillHead(head, bench, acts) {
  head.replaceChildren()
  const seen = bench.truth !== null && bench.showTruth
  for (const { key, label, number, title } of COLUMNS) {
    if (key === "truth" && !seen) continue
    const th = document.createElement("th"), button = document.createElement("button")
    const active = bench.sort.key === key
    th.scope = "col"
    if (number) th.className = "num"
    th.setAttribute("aria-sort", active ? (bench.sort.down ? "descending" : "ascending") : "none")
    button.type = "button"
    button.title = title ?? ""
    button.textContent = label + (active ? (bench.sort.down ? " ↓" : " ↑") : "")
    button.onclick = () => {
      bench.sort = { key, down: active ? !bench.sort.down : number === true }
      acts.sorted()
    }
    th.append(button)
    head.append(th)
  }
  const why = document.createElement("th")
  why.scope = "col"
  why.textContent = "by hand"
  head.append(why)
}

/**
 * a cross is short enough to leave room for the reason; the word is there to be heard
 * @param {Cluster} cluster @param {string} why
 */
function verdictOf(cluster, why) {
  const verdict = document.createElement("span"), mark = document.createElement("span")
  mark.className = cluster.kept ? "good" : "no"
  mark.textContent = cluster.kept ? "kept" : "✕"
  verdict.append(mark, ` ${why.replace(/^found by /, "").replace(" students", "")}`)
  if (!cluster.kept) {
    mark.setAttribute("aria-hidden", "true")
    verdict.prepend(Object.assign(document.createElement("span"), { className: "hidden", textContent: "rejected" }))
  }
  verdict.title = why
  return verdict
}

/**
 * as many rows as there is room for; how many are left out
 * @param {HTMLTableSectionElement} body @param {Bench} bench @param {RowActs} acts
 */
export function fillTable(body, bench, acts, limit = ROWS) {
  const { tree, cut } = bench, seen = bench.showTruth ? judged(bench) : null
  const all = sortedClusters(bench, seen), picked = new Set(bench.pickedClusters)
  const rows = all.slice(0, limit).map(cluster => {
    const row = document.createElement("tr")
    row.className = (cluster.kept ? "" : "rejected ") + (bench.lit?.clusters.has(cluster) ? "lit" : "")
    const box = document.createElement("input"), name = document.createElement("label")
    box.type = "checkbox"
    box.checked = picked.has(cluster)
    box.onclick = event => { event.stopPropagation(); acts.pick(cluster, true) }
    name.append(box, swatch(bench, cluster.number), cluster.kept ? String(cluster.number + 1) : "–")
    name.title = "Pick this cluster"
    name.onclick = event => event.stopPropagation()
    box.setAttribute("aria-label", cluster.kept ? `Pick cluster ${cluster.number + 1}` : `Pick a rejected branch of ${cluster.size}`)
    cell(row, name)
    cell(row, String(cluster.size), "num")
    cell(row, String(cluster.support), "num")
    // one vector alone has neither
    const alone = cluster.size === 1
    cell(row, alone ? "–" : decade(cluster.spread), "num")
    const paper = bench.medians.get(cluster.nodes.join())
    cell(row, alone ? "–" : degrees(cluster.angle), "num")
    cell(row, cluster.kept && paper !== undefined && !alone ? degrees(paper) : "", "num")
    cell(row, short(outgoing(tree, cluster)), "num")
    if (seen) {
      const near = cluster.kept ? seen.distance[cluster.index] : null
      cell(row, near ? `${near.near ? "★" : "☆"}${near.neuron + 1} ${decade(near.away)}` : "", "num")
    }
    cell(row, verdictOf(cluster, reason(tree, cut, cluster)), "why")
    const button = document.createElement("button")
    button.type = "button"
    button.textContent = cluster.kept ? "drop" : "keep"
    button.onclick = event => { event.stopPropagation(); acts.judge(cluster, !cluster.kept) }
    cell(row, button)
    row.onpointerenter = () => acts.hover(cluster)
    row.onpointerleave = () => acts.hover(null)
    row.onclick = event => acts.pick(cluster, event.ctrlKey || event.metaKey || event.shiftKey)
    row.cluster = cluster
    return row
  })
  body.replaceChildren(...rows)
  return all.length - rows.length
}

/** @param {HTMLTableSectionElement} body @param {Bench} bench */
export function relight(body, bench) {
  const picked = new Set(bench.pickedClusters)
  for (const row of body.rows) {
    row.classList.toggle("lit", row.cluster !== undefined && (bench.lit?.clusters.has(row.cluster) ?? false))
    const box = row.querySelector("input")
    if (box && row.cluster) box.checked = picked.has(row.cluster)
  }
}
