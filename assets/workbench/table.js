// The table of clusters, and the kept settings side by side.

import { cutTree, reason } from "./cut.js"
import { allMembers, inOrder } from "./sets.js"
import { colourOf, drawSymbol, symbolOf } from "./colour.js"
import { judged } from "./bench.js"
import { decade, degrees, short } from "./scale.js"

const ROWS = 120

function median(values) {
  const sorted = Float64Array.from(values).sort(), half = sorted.length >> 1
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

export function outgoing(tree, cluster) {
  return median(Float64Array.from(allMembers(tree, cluster.nodes), v => tree.strength[v]))
}

const COLUMNS = [
  { key: "number", label: "cluster", of: c => (c.kept ? c.number : Infinity) },
  { key: "size", label: "neurons", of: c => c.size, number: true },
  { key: "support", label: "students", of: c => c.support, number: true },
  { key: "spread", label: "log₁₀ spread", of: c => c.spread, number: true, title: "Root mean square distance to the best member, as a power of ten" },
  { key: "angle", label: "angle", of: c => c.angle, number: true, title: "Of the mean pairwise cosine: what β is compared with" },
  { key: "median", label: "median", of: (c, _, seen, medians) => medians?.get(c.nodes.join()) ?? Infinity, number: true, title: "The paper’s median pairwise angle, of the clusters kept" },
  { key: "outgoing", label: "outgoing", of: (c, tree) => outgoing(tree, c), number: true, title: "Median size of the outgoing weights" },
  { key: "truth", label: "truth", of: (c, _, seen) => (c.kept ? seen?.distance[c.index]?.away : undefined) ?? Infinity, number: true, title: "The nearest true neuron, and the distance to it as a power of ten" },
  { key: "verdict", label: "verdict", of: c => (c.kept ? 0 : 1) + (c.byHand ? 0.5 : 0) },
]

export function sortedClusters(bench, seen) {
  const rejected = [...bench.found.rejected].sort(inOrder), all = [...bench.found.kept, ...rejected]
  const { key, down } = bench.sort ?? { key: "number", down: false }
  const { of } = COLUMNS.find(column => column.key === key)
  if (key === "number" && !down) return all
  const value = new Map(all.map(cluster => [cluster, of(cluster, bench.tree, seen, bench.medians)]))
  return all.sort((a, b) => (value.get(a) - value.get(b) || 0) * (down ? -1 : 1))
}

const SWATCHES = new Map()

function swatch(bench, number) {
  const kind = symbolOf(number), colour = colourOf(bench.look, number), key = kind + colour
  if (!SWATCHES.has(key)) {
    const canvas = document.createElement("canvas"), ratio = 2
    canvas.width = canvas.height = 14 * ratio
    const g = canvas.getContext("2d")
    g.scale(ratio, ratio)
    drawSymbol(g, kind, 7, 7, 4.4, colour)
    SWATCHES.set(key, canvas.toDataURL())
  }
  const image = new Image(14, 14)
  image.src = SWATCHES.get(key)
  image.alt = ""
  return image
}

function cell(row, content, name = "") {
  const td = document.createElement("td")
  if (name) td.className = name
  td.append(content)
  row.append(td)
}

export function fillHead(head, bench, redo) {
  head.replaceChildren()
  const seen = bench.truth !== null && bench.showTruth
  for (const { key, label, number, title } of COLUMNS) {
    if (key === "truth" && !seen) continue
    const th = document.createElement("th"), button = document.createElement("button")
    const active = (bench.sort?.key ?? "number") === key
    th.scope = "col"
    if (number) th.className = "num"
    th.setAttribute("aria-sort", active ? (bench.sort?.down ? "descending" : "ascending") : "none")
    button.type = "button"
    button.title = title ?? ""
    button.textContent = label + (active ? (bench.sort?.down ? " ↓" : " ↑") : "")
    button.onclick = () => {
      bench.sort = { key, down: active ? !bench.sort?.down : number === true }
      redo()
    }
    th.append(button)
    head.append(th)
  }
  const why = document.createElement("th")
  why.scope = "col"
  why.textContent = "by hand"
  head.append(why)
}

// a cross is short enough to leave room for the reason; the word is there to be heard
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

// acts: { hover(cluster or null), pick(cluster, more), judge(cluster, keep) }
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
    const paper = bench.medians?.get(cluster.nodes.join())
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

export function relight(body, bench) {
  const picked = new Set(bench.pickedClusters)
  for (const row of body.rows) {
    row.classList.toggle("lit", bench.lit?.clusters.has(row.cluster) ?? false)
    const box = row.querySelector("input")
    if (box) box.checked = picked.has(row.cluster)
  }
}

// acts: { use(name), forget(name) }
export function fillSaved(head, body, bench, acts) {
  const truth = bench.truth !== null && bench.showTruth
  const heads = ["", "cut at", "γ", "β", "by hand", "found", "rejected", "built exactly", ...(truth ? ["true neurons", "extra", "worst distance"] : []), ""]
  const top = document.createElement("tr")
  for (const label of heads) {
    const th = document.createElement(label ? "th" : "td")
    if (label) th.scope = "col"
    th.textContent = label
    top.append(th)
  }
  head.replaceChildren(top)
  const line = (name, cut, found, key = name) => {
    const row = document.createElement("tr"), title = document.createElement("th")
    title.scope = "row"
    title.textContent = name
    row.append(title)
    const rule = { plateau: " plateau", paper: " paper", share: " share" }[cut.rule] ?? ""
    for (const text of [short(cut.height) + rule, cut.gamma, `${cut.beta}°`, cut.edits.length || "–", found.kept.length, found.rejected.length]) {
      cell(row, String(typeof text === "number" ? Number(text.toPrecision(3)) : text))
    }
    // what Python says of the network of just these clusters: size, loss, verdict
    cell(row, bench.built?.[key] ?? "–")
    if (truth) {
      const seen = judged(bench, found)
      cell(row, `${seen.found} of ${seen.found + seen.missing}`)
      cell(row, String(seen.extra))
      cell(row, seen.found ? short(seen.worst) : "–")
    }
    return row
  }
  const first = line("In use", bench.cut, bench.found, "")
  first.className = "now"
  cell(first, "")
  const rows = Object.entries(bench.names).map(([name, cut]) => {
    const row = line(name, cut, cutTree(bench.tree, cut)), hands = document.createElement("span")
    for (const [label, act] of [["Use", acts.use], ["Forget", acts.forget]]) {
      const button = document.createElement("button")
      button.type = "button"
      button.textContent = label
      button.setAttribute("aria-label", `${label} the setting ${name}`)
      button.onclick = () => act(name)
      hands.append(button)
    }
    cell(row, hands)
    return row
  })
  body.replaceChildren(first, ...rows)
}
