// The component: Streamlit calls this with new data; the bench stays, and only what is new comes in.
//
// data: { tree, map, truth: names of what has come through ec_blob (or null), look, serial,
//         history: { steps, at }, names, medians, problem, note, umap }

import * as B from "./bench.js"
import { asCsv, asJson } from "./export.js"
import { unpack } from "./data.js"
import { find } from "./find.js"
import { listen, tip, vectorWords } from "./input.js"
import { mapScales } from "./map.js"
import { onKey } from "./keys.js"
import { answer, boxOf, DRAW, picture, ratioNow, redraw, relit, words } from "./screen.js"
import { storageOfTab } from "./memory.js"
import { ahead, arrived, leave, level, moving, send } from "./sync.js"

const SCREENS = new WeakMap()
const SETTLE_MS = 350
const PAGE_COLOURS = ["paper", "panel", "soft", "line", "blue", "onblue", "accent", "good", "warn"]

function blob(name) {
  return name ? globalThis.ecBlobs?.get(name) ?? null : null
}

function save(name, content, type) {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(new Blob([content], { type }))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}

function savePng(screen) {
  const image = new Image(), url = URL.createObjectURL(new Blob([picture(screen)], { type: "image/svg+xml" }))
  image.onload = () => {
    const canvas = document.createElement("canvas"), k = Math.max(2, ratioNow())
    canvas.width = k * image.width
    canvas.height = k * image.height
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height)
    canvas.toBlob(png => save("clusters.png", png, "image/png"))
    URL.revokeObjectURL(url)
  }
  image.src = url
}

function mapsOf(bench) {
  return { pca: bench.tree.map, umap: bench.umap?.map ?? null }
}

const EXPORTS = {
  svg: screen => save("clusters.svg", picture(screen), "image/svg+xml"),
  png: savePng,
  json: ({ bench }) => save("clusters.json", asJson(bench.tree, bench.cut, bench.found, bench.names), "application/json"),
  csv: ({ bench }) => save("clusters.csv", asCsv(bench.tree, bench.cut, bench.found, mapsOf(bench)), "text/csv"),
}

function makeScreen(parent) {
  const root = parent.querySelector(".wb")
  const screen = {
    root, bench: null, frame: 0, part: {}, canvas: {}, settling: null, storage: storageOfTab(),
    cutLine: root.querySelector(".cutline"), tipBox: root.querySelector(".tip"),
    tableBody: root.querySelector(".table tbody"),
    shown: name => screen.canvas[name].clientWidth > 0,
    focused: () => root.getRootNode().activeElement,
  }
  for (const at of root.querySelectorAll("[data-part]")) screen.part[at.dataset.part] = at
  for (const at of root.querySelectorAll("[data-view]")) screen.canvas[at.dataset.view] = at.querySelector("canvas")
  screen.commit = cut => {
    if (B.commit(screen.bench, cut)) send(screen)
    else level(screen)
    redraw(screen)
  }
  // keys and dials repeat: one step to undo for a whole movement
  screen.settle = cut => {
    B.show(screen.bench, cut)
    redraw(screen)
    clearTimeout(screen.settling)
    screen.settling = setTimeout(() => {
      screen.settling = null
      screen.commit(screen.bench.cut)
    }, SETTLE_MS)
    ahead(screen)
  }
  // whoever leaves for another part of the page has finished the movement
  screen.finish = () => {
    const pending = screen.settling !== null || screen.dialling
    screen.dialling = null
    clearTimeout(screen.settling)
    screen.settling = null
    if (pending && screen.bench) screen.commit(screen.bench.cut)
  }
  root.onfocusout = () => screen.finish()
  // the bench, or the tab, goes away: what is being dragged ends where it is
  screen.abandon = () => {
    if (screen.bench && moving(screen)) screen.commit(screen.bench.cut)
    clearTimeout(screen.settling)
    screen.settling = null
  }
  screen.step = direction => {
    screen.finish()
    if (B.step(screen.bench, direction)) send(screen)
    redraw(screen)
  }
  screen.hand = word => screen.commit(B.handled(screen.bench, word))
  screen.acts = {
    hover: cluster => { B.hoverOn(screen.bench, cluster && B.markOf(screen.bench.tree, cluster)); relit(screen) },
    pick: (cluster, more) => { B.pick(screen.bench, B.markOf(screen.bench.tree, cluster), more); relit(screen) },
    judge: (cluster, keep) => {
      B.pick(screen.bench, B.markOf(screen.bench.tree, cluster))
      screen.hand(keep ? "keep" : "drop")
    },
    use: name => screen.commit(screen.bench.names[name]),
    forget: name => {
      screen.bench.names = Object.fromEntries(Object.entries(screen.bench.names).filter(([other]) => other !== name))
      send(screen, true)
      redraw(screen)
    },
  }
  buttons(screen)
  listen(screen)
  screen.watch = new ResizeObserver(() => screen.bench && redraw(screen, false))
  for (const name of Object.keys(DRAW)) screen.watch.observe(screen.canvas[name])
  return screen
}

function buttons(screen) {
  const { root } = screen
  const doing = {
    undo: () => screen.step(-1), redo: () => screen.step(1),
    log: () => B.setLog(screen.bench, !screen.bench.view.log), fit: () => B.fitTree(screen.bench),
    in: () => zoom(0.6), out: () => zoom(1 / 0.6),
  }
  const zoom = factor => {
    const { view } = screen.bench
    B.zoomTree(screen.bench, factor, (view.x0 + view.x1) / 2, null)
  }
  root.onclick = event => {
    const button = event.target.closest("button")
    if (!button || !screen.bench) return
    const { rule, do: word, hand, map, colour, export: kind } = button.dataset
    if (rule) screen.commit(B.ruled(screen.bench, { rule }))
    else if (word) { doing[word](); redraw(screen) }
    else if (hand) screen.hand(hand)
    else if (map) { screen.bench.mapWanted = map; chooseMap(screen); redraw(screen) }
    else if (colour) { screen.bench.colourBy = colour; redraw(screen) }
    else if (kind) { EXPORTS[kind](screen); button.closest("details").open = false }
  }
  root.onkeydown = event => onKey(screen, event)
  for (const dial of root.querySelectorAll("[data-dial]")) {
    const name = dial.dataset.dial
    dial.oninput = () => {
      screen.dialling = name
      B.show(screen.bench, B.ruled(screen.bench, { [name]: Number(dial.value) }))
      ahead(screen)
      redraw(screen)
    }
    dial.onchange = () => { screen.dialling = null; screen.commit(screen.bench.cut) }
  }
  root.querySelector("[data-check=truth]").onchange = event => { screen.bench.showTruth = event.target.checked; redraw(screen) }
  const form = name => root.querySelector(`[data-form=${name}]`)
  form("want").onsubmit = event => {
    event.preventDefault()
    if (screen.bench) wanted(screen, event.target.querySelector("input"))
  }
  // what is not entered is not meant
  const field = form("want").querySelector("input")
  field.oninput = () => { screen.wanting = true }
  field.onblur = () => { screen.wanting = false; if (screen.bench) redraw(screen, false) }
  form("find").onsubmit = event => {
    event.preventDefault()
    if (screen.bench) search(screen, event.target.querySelector("input").value)
  }
  form("name").onsubmit = event => {
    event.preventDefault()
    const field = event.target.querySelector("input"), name = field.value.trim()
    if (!name || !screen.bench) return
    screen.bench.names = { ...screen.bench.names, [name]: screen.bench.cut }
    field.value = ""
    send(screen, true)
    redraw(screen)
  }
}

function wanted(screen, field) {
  const text = field.value.trim(), { cut, words } = B.cutInto(screen.bench, /^\d+$/.test(text) ? Number(text) : NaN)
  screen.wanting = false
  if (cut) screen.commit(cut)
  answer(screen, words ?? "")
  // at once: what is typed next takes its place
  field.value = String(screen.bench.found.kept.length)
  field.select()
  redraw(screen)
}

function search(screen, text) {
  if (!text.trim()) return
  const { bench } = screen, { mark, words } = find(bench, text)
  B.pick(bench, mark ?? null)
  screen.note = words ?? null
  if (mark) shown(screen, mark.vectors)
  relit(screen)
  // the table alone is scrolled: the page stays where the pictures are
  const row = screen.tableBody.querySelector("tr.lit"), table = row?.closest(".scroll")
  if (row) table.scrollTop = row.offsetTop - (table.clientHeight - row.offsetHeight) / 2
}

// what was found comes into view where there is only one, and is said
function shown(screen, vectors) {
  const { bench, canvas, part } = screen, [v] = vectors
  if (vectors.length > 1) { part.said.textContent = `${vectors.length} neurons found`; return }
  B.reveal(bench, v)
  const box = boxOf(canvas.map), at = () => { const { screen: spots } = mapScales(bench, box); return [spots[2 * v], spots[2 * v + 1]] }
  B.revealOnMap(bench, ...at(), box)
  const lines = vectorWords(bench, v)
  tip(screen, canvas.map, ...at(), lines)
  part.said.textContent = lines.join("; ")
}

// PCA is there at once; UMAP takes its place when it is ready, unless PCA was chosen
function chooseMap(screen) {
  const { bench } = screen, umap = bench.mapWanted === "UMAP" ? bench.umap : null
  bench.points = umap ? umap.map : bench.tree.map
  bench.truthPoints = umap ? umap.truthMap : bench.truth?.truthMap ?? null
  screen.part.mapnote.textContent = bench.mapWanted === "UMAP" ? bench.umapNote : "PCA"
  // where there is no room for all of it
  screen.part.mapnote.title = screen.part.mapnote.textContent
  if (umap && bench.truth && umap.truthMap.length === 0) bench.truthPoints = null
}

function receive(screen, data, setStateValue) {
  screen.tell = setStateValue
  const { root } = screen, empty = root.querySelector(".empty")
  const packed = blob(data.tree)
  root.classList.toggle("waiting", packed === null || data.problem != null)
  empty.hidden = !data.problem && packed !== null
  empty.textContent = data.problem ?? "The tree is on its way …"
  if (packed === null || data.problem) { screen.abandon(); screen.bench = null; return }
  const fresh = screen.bench?.tree.id !== data.tree
  if (fresh) {
    screen.abandon()
    screen.bench = B.makeBench(unpack(packed))
    screen.bench.showTruth = data.showTruth === true
    screen.bench.mapWanted = "UMAP"
  }
  const { bench } = screen
  bench.look = data.look
  for (const name of PAGE_COLOURS) root.style.setProperty(`--wb-${name}`, data.look[name])
  const umap = blob(data.map), truth = blob(data.truth)
  if (bench.umapName !== data.map) { bench.umap = umap && unpack(umap); bench.umapName = umap && data.map }
  if (!data.truth) bench.truth = null
  else if (truth && bench.truth?.id !== data.truth) bench.truth = unpack(truth)
  bench.umapNote = data.umap
  bench.medians = new Map(data.medians)
  bench.built = data.built ?? {}
  chooseMap(screen)
  arrived(screen, data, fresh)
  screen.part.used.textContent = `side by side; ${data.used}`
  root.querySelector(".plane").hidden = !bench.tree.lines
  root.classList.toggle("planar", Boolean(bench.tree.lines))
  root.dataset.vectors = String(bench.tree.vectors)
  words(screen)
  redraw(screen)
}

export default function (component) {
  const { data, parentElement, setStateValue } = component
  let screen = SCREENS.get(parentElement)
  if (!screen) SCREENS.set(parentElement, (screen = makeScreen(parentElement)))
  screen.latest = () => receive(screen, data, setStateValue)
  // large arrays come through a component of their own and may come later
  screen.listener ??= () => screen.latest()
  globalThis.addEventListener("ec-blob", screen.listener)
  // a tab that is reloaded or closed unmounts nothing
  globalThis.addEventListener("pagehide", screen.abandon)
  screen.latest()
  return () => {
    globalThis.removeEventListener("ec-blob", screen.listener)
    globalThis.removeEventListener("pagehide", screen.abandon)
    leave(screen)
    screen.abandon()
    screen.watch.disconnect()
    clearTimeout(screen.wordsTimer)
    cancelAnimationFrame(screen.frame)
    SCREENS.delete(parentElement)
  }
}
