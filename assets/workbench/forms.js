// What is typed: so many clusters, or a neuron to find.

import * as B from "./bench.js"
import { boxOf } from "../canvas/surface.js"
import { commit } from "./acts.js"
import { answer } from "./facts.js"
import { find } from "./find.js"
import { redraw, relit } from "./frame.js"
import { mapScales } from "./map.js"
import { say, vectorWords } from "./tip.js"
import { reveal, revealOnMap } from "./view.js"

/** @param {BenchScreen} screen @param {HTMLInputElement} input */
export function wanted(screen, input) {
  const text = input.value.trim(), { cut, words } = B.cutInto(screen.bench, /^\d+$/.test(text) ? Number(text) : NaN)
  screen.wanting = false
  if (cut) commit(screen, cut)
  answer(screen, words ?? "")
  // at once: what is typed next takes its place
  input.value = String(screen.bench.found.kept.length)
  input.select()
  redraw(screen)
}

/** @param {BenchScreen} screen @param {string} text */
export function search(screen, text) {
  if (!text.trim()) return
  const { bench } = screen, { mark, words } = find(bench, text)
  B.pick(bench, mark ?? null)
  screen.note = words ?? null
  if (mark) point(screen, mark.vectors)
  relit(screen)
  // the table alone is scrolled: the page stays where the pictures are
  const row = /** @type {HTMLElement | null} */ (screen.tableBody.querySelector("tr.lit")), table = row?.closest(".scroll")
  if (row && table) table.scrollTop = row.offsetTop - (table.clientHeight - row.offsetHeight) / 2
}

/** what was found comes into view where there is only one, and is said @param {BenchScreen} screen @param {number[]} vectors */
function point(screen, vectors) {
  const { bench, canvas, part } = screen, [v] = vectors, box = boxOf(canvas.map)
  if (vectors.length > 1) { part.said.textContent = `${vectors.length} neurons found`; return }
  reveal(bench, v)
  const spot = () => {
    const { screen: points } = mapScales(bench, box)
    return { x: points[2 * v], y: points[2 * v + 1] }
  }
  const before = spot()
  revealOnMap(bench, before.x, before.y, box)
  const { x, y } = spot()
  say(screen, canvas.map, x, y, vectorWords(bench, v))
}
