// From the state to the page: canvases once per animation frame, words where they changed.

import { drawCounts } from "./counts.js"
import { drawTree, treeScales, yOf } from "./dendrogram.js"
import { drawMap } from "./map.js"
import { drawMatrix, drawPlane } from "./matrix.js"
import { judged, ownNode, touched } from "./bench.js"
import { canRedo, canUndo } from "./history.js"
import { plateauAt } from "./plateau.js"
import { short } from "./scale.js"
import { SvgPen, svgOf } from "./pen.js"
import { fillHead, fillSaved, fillTable, relight } from "./table.js"
import { focusIn } from "./focus.js"

export const DRAW = { tree: drawTree, counts: drawCounts, map: drawMap, matrix: drawMatrix, plane: drawPlane }
const TABLE_PAUSE_MS = 140

export function boxOf(canvas) {
  return { w: canvas.clientWidth, h: canvas.clientHeight }
}

export function ratioNow() {
  return Math.min(window.devicePixelRatio || 1, 2)
}

// all that a picture was drawn from, or null where it must be drawn every time
function drawnFrom(bench, name, box, ratio) {
  if (name === "tree" || name === "counts") return null
  const { tree, version, lights, mapZoom: zoom, look, showTruth, colourBy } = bench
  const map = name === "map" ? [zoom.k, zoom.x, zoom.y, bench.points === tree.map, bench.lasso?.length] : []
  return [tree.id, version, lights, box.w, box.h, ratio, look.text, showTruth, colourBy, bench.truth?.id, ...map].join()
}

function paint(screen, name) {
  const canvas = screen.canvas[name], box = boxOf(canvas), ratio = ratioNow()
  if (!box.w || !box.h) return
  const key = drawnFrom(screen.bench, name, box, ratio)
  if (key !== null && canvas.drawnFrom === key) return
  canvas.drawnFrom = key
  const width = Math.round(box.w * ratio), height = Math.round(box.h * ratio)
  if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height }
  const g = canvas.getContext("2d")
  g.setTransform(ratio, 0, 0, ratio, 0, 0)
  g.clearRect(0, 0, box.w, box.h)
  DRAW[name](g, box, screen.bench, ratio)
}

// everything that shows the cut; words: the table and kept settings too
export function redraw(screen, words = true) {
  screen.words = screen.words || words
  // whoever reads the page by a program can tell that it does not show all of it yet
  screen.root.dataset.behind = ""
  if (screen.frame) return
  screen.frame = requestAnimationFrame(() => {
    screen.frame = 0
    if (!screen.bench) return
    for (const name of Object.keys(DRAW)) if (screen.shown(name)) paint(screen, name)
    placeCutLine(screen)
    facts(screen)
    const { lo, hi } = screen.bench.view
    screen.root.dataset.span = String(hi - lo)
    screen.root.dataset.drawn = String(1 + Number(screen.root.dataset.drawn ?? 0))
    if (screen.words) { screen.words = false; laterWords(screen) }
    abreast(screen)
  })
}

function abreast(screen) {
  if (!screen.frame && !screen.wordsTimer && !screen.rowsDue) delete screen.root.dataset.behind
}

// the table follows a dragged cut a few times a second, its pictures at every frame
function laterWords(screen) {
  const since = performance.now() - (screen.wordsAt ?? -Infinity)
  if (since < TABLE_PAUSE_MS || screen.dragging) {
    clearTimeout(screen.wordsTimer)
    screen.wordsTimer = setTimeout(() => words(screen), screen.dragging ? 2 * TABLE_PAUSE_MS : TABLE_PAUSE_MS)
    if (!screen.dragging || since < 4 * TABLE_PAUSE_MS) return
  }
  words(screen)
}

export function words(screen) {
  const { bench } = screen
  clearTimeout(screen.wordsTimer)
  screen.wordsTimer = 0
  if (!bench) return
  screen.wordsAt = performance.now()
  bench.pickedClusters = touched(bench, bench.picked)
  // rows that go away between press and release take the click with them
  if (screen.pressed) screen.rowsDue = true
  else rows(screen)
  hands(screen)
  controls(screen)
  abreast(screen)
}

function rows(screen) {
  const { bench, part, root } = screen, back = focusIn(root, screen.focused())
  if (!screen.dragging) fillHead(root.querySelector(".table thead tr"), bench, () => redraw(screen))
  const more = fillTable(screen.tableBody, bench, screen.acts, screen.dragging ? 24 : undefined)
  part.tablenote.textContent = more > 0 ? `and ${more.toLocaleString("en")} more rejected branches` : ""
  if (!screen.dragging) fillSaved(root.querySelector(".saved thead"), root.querySelector(".saved tbody"), bench, screen.acts)
  back()
}

// the pointer goes down on a table, or it is up and its click has been
export function press(screen) {
  screen.pressed = true
}

export function release(screen) {
  const due = screen.rowsDue
  screen.pressed = screen.rowsDue = false
  if (due) words(screen)
}

export function relit(screen) {
  const { bench } = screen
  bench.pickedClusters = touched(bench, bench.picked)
  relight(screen.tableBody, bench)
  hands(screen)
  redraw(screen, false)
}

function placeCutLine(screen) {
  const { bench, cutLine } = screen, scales = treeScales(bench, boxOf(screen.canvas.tree))
  const y = yOf(bench, scales, bench.cut.height)
  cutLine.hidden = y < scales.top - 2 || y > scales.bottom + 2
  cutLine.style.transform = `translateY(${Math.round(y) - 11}px)`
  cutLine.style.left = `${scales.left}px`
  const found = bench.found.kept.length
  cutLine.setAttribute("aria-valuemin", "-17")
  cutLine.setAttribute("aria-valuemax", String(Math.ceil(Math.log10(Math.max(bench.tree.scale, bench.cut.height, 1)))))
  cutLine.setAttribute("aria-valuenow", Math.log10(bench.cut.height).toFixed(2))
  cutLine.setAttribute("aria-valuetext", `${short(bench.cut.height)}, ${found} neurons found`)
}

// a sentence about the cut that is shown, until another is
export function answer(screen, words) {
  screen.answeredFor = screen.bench.cut
  screen.part.answer.textContent = words
  screen.part.answer.hidden = words === ""
}

function fact(name, value, mark = "") {
  return `<div${mark ? ` class="${mark}"` : ""}><dt>${name}</dt><dd>${value}</dd></div>`
}

function students(count) {
  return `${count} ${count === 1 ? "student" : "students"}`
}

function facts(screen) {
  const { bench, part } = screen, kept = bench.found.kept.length
  const plateau = plateauAt(bench.plateaus, bench.cut.height)
  const holds = plateau && plateau.count === kept ? `${(plateau.high - plateau.low).toFixed(1)} decades` : "–"
  const parts = [
    fact("rejected", bench.found.rejected.length),
    fact("pooled", `${bench.tree.vectors.toLocaleString("en")} ${bench.tree.vectors === 1 ? "neuron" : "neurons"} of ${students(bench.tree.students)}`),
    fact("cut at", short(bench.cut.height)),
    fact("this number holds over", holds),
    fact("by hand", bench.cut.edits.length || "–"),
  ]
  const seen = bench.showTruth ? judged(bench) : null
  if (seen) {
    parts.push(fact("true neurons found", `${seen.found} of ${seen.found + seen.missing}`, seen.missing ? "warn" : "good"))
    parts.push(fact("found too many", seen.extra, seen.extra ? "warn" : ""))
    parts.push(fact("worst distance", seen.found ? short(seen.worst) : "–"))
  }
  const text = `<dl>${parts.join("")}</dl>`
  if (screen.factsText !== text) part.facts.innerHTML = screen.factsText = text
  const want = screen.root.querySelector("[data-form=want]"), field = want.querySelector("input")
  want.classList.toggle("none", kept === 0)
  // whoever is typing is not interrupted
  if (!screen.wanting) field.value = String(kept)
  if (screen.answeredFor !== bench.cut) answer(screen, "")
}

function hands(screen) {
  const { bench, root, part } = screen, clusters = touched(bench, bench.picked), count = clusters.length
  const kept = clusters.filter(c => c.kept).length
  const vectors = clusters.reduce((n, c) => n + c.size, 0)
  const only = bench.picked.only ? bench.picked.vectors.length : 0
  const name = count === 1 ? (kept ? `Cluster ${clusters[0].number + 1}` : "A rejected branch") : `${count} clusters`
  if (count > 0) screen.note = null
  part.picked.textContent = count === 0
    ? screen.note ?? "Pick a branch, a point or a row to decide about it by hand."
    : only
      ? `${only.toLocaleString("en")} ${only === 1 ? "neuron" : "neurons"} picked, of ${count === 1 ? name.replace("A rej", "a rej").replace("Cl", "cl") : name}`
      : `${name}: ${vectors.toLocaleString("en")} ${vectors === 1 ? "neuron" : "neurons"} picked`
  const can = {
    split: count === 1 && (clusters[0].nodes.length > 1 || bench.tree.height[clusters[0].node] > 0),
    own: ownNode(bench, clusters) >= 0,
    merge: count > 1, keep: kept < count, drop: kept > 0, reset: count > 0 && bench.cut.edits.length > 0,
  }
  for (const button of root.querySelectorAll("[data-hand]")) button.disabled = !can[button.dataset.hand]
}

function controls(screen) {
  const { bench, root, part } = screen, { cut } = bench
  for (const b of root.querySelectorAll("[data-rule]")) b.setAttribute("aria-pressed", String(b.dataset.rule === cut.rule))
  // nobody can choose it: it is where Reconstruct cut students that were not exact yet
  root.querySelector("[data-rule=share]").hidden = cut.rule !== "share"
  for (const b of root.querySelectorAll("[data-colour]")) b.setAttribute("aria-pressed", String(b.dataset.colour === bench.colourBy))
  screen.canvas.map.setAttribute("aria-label", `Map of the weight vectors, coloured by ${bench.colourBy}`)
  for (const b of root.querySelectorAll("[data-map]")) b.setAttribute("aria-pressed", String(b.dataset.map === bench.mapWanted))
  root.querySelector("[data-do=log]").setAttribute("aria-pressed", String(bench.view.log))
  part.axis.textContent = bench.view.log ? "height of merging, logarithmic" : "height of merging, linear"
  for (const dial of root.querySelectorAll("[data-dial]")) {
    if (screen.dialling !== dial.dataset.dial) dial.value = String(cut[dial.dataset.dial])
  }
  const needed = Math.max(Math.min(2, bench.tree.students), Math.ceil(cut.gamma * bench.tree.students - 1e-9))
  root.querySelector("[data-value=gamma]").textContent = `${Number(cut.gamma.toFixed(3))} · ${needed} of ${bench.tree.students}`
  root.querySelector("[data-value=beta]").textContent = `${Number(cut.beta.toPrecision(3))}°`
  root.querySelector("[data-do=undo]").disabled = !canUndo(bench.history)
  root.querySelector("[data-do=redo]").disabled = !canRedo(bench.history)
  const truth = root.querySelector("[data-part=truth]")
  truth.hidden = bench.truth === null
  truth.querySelector("input").checked = bench.showTruth
  const said = `${bench.found.kept.length} neurons found, cut at ${short(cut.height)}`
  // said once: a later word about a branch or a point is not spoken over by an old one
  if (!screen.dragging && screen.saidLast !== said) part.said.textContent = screen.saidLast = said
}

// what is on the screen, as one SVG text
export function picture(screen) {
  const { bench } = screen, names = ["tree", "counts", "map", "matrix", "plane"].filter(screen.shown)
  const first = names.filter(name => name === "tree" || name === "counts" || name === "map")
  const pens = []
  let x = 12, width = 0, top = 34
  const place = (row, y) => {
    x = 12
    let tall = 0
    for (const name of row) {
      const box = boxOf(screen.canvas[name]), pen = new SvgPen(box.w, box.h)
      DRAW[name](pen, box, bench, 0)
      pens.push({ pen, x, y })
      x += box.w + 14
      tall = Math.max(tall, box.h)
    }
    width = Math.max(width, x)
    return y + tall + 14
  }
  top = place(first, top)
  top = place(names.filter(name => !first.includes(name)), top)
  const title = new SvgPen(width, 30)
  title.fillStyle = bench.look.text
  title.font = "600 14px sans-serif"
  const { cut, found } = bench
  title.fillText(`${found.kept.length} neurons found · cut at ${short(cut.height)} · γ ${cut.gamma} · β ${cut.beta}°`, 12, 21)
  return svgOf([{ pen: title, x: 0, y: 0 }, ...pens], Math.round(width), Math.round(top), bench.look.paper)
}
