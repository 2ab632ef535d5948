// The line of numbers above the pictures, and the handle of the cut: what follows it at every frame.

import { boxOf } from "../canvas/surface.js"
import { short } from "../canvas/text.js"
import { treeScales, yOf } from "./axes.js"
import { judged } from "./bench.js"
import { lengthOf, plateauAt } from "./plateau.js"
import { LOWEST_DECADE } from "./scale.js"
import { field, one } from "./screen.js"

/** @param {BenchScreen} screen */
export function placeCutLine(screen) {
  const { bench, cutLine } = screen, scales = treeScales(bench, boxOf(screen.canvas.tree))
  const y = yOf(bench, scales, bench.cut.height)
  cutLine.hidden = y < scales.top - 2 || y > scales.bottom + 2
  cutLine.style.transform = `translateY(${Math.round(y) - 11}px)`
  cutLine.style.left = `${scales.left}px`
  const found = bench.found.kept.length
  cutLine.setAttribute("aria-valuemin", String(LOWEST_DECADE))
  cutLine.setAttribute("aria-valuemax", String(Math.ceil(Math.log10(Math.max(bench.tree.scale, bench.cut.height, 1)))))
  cutLine.setAttribute("aria-valuenow", Math.log10(bench.cut.height).toFixed(2))
  cutLine.setAttribute("aria-valuetext", `${short(bench.cut.height)}, ${found} neurons found`)
}

/** a sentence about the cut that is shown, until another is @param {BenchScreen} screen @param {string} words */
export function answer(screen, words) {
  screen.answeredFor = screen.bench.cut
  screen.part.answer.textContent = words
  screen.part.answer.hidden = words === ""
}

/** @param {string} name @param {string | number} value @param {string} mark */
function fact(name, value, mark = "") {
  return `<div${mark ? ` class="${mark}"` : ""}><dt>${name}</dt><dd>${value}</dd></div>`
}

/** @param {number} count @param {string} word */
function several(count, word) {
  return `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`
}

/** @param {Bench} bench */
function listed(bench) {
  const { tree, found, cut } = bench, plateau = plateauAt(bench.plateaus, tree, cut.height)
  const holds = plateau?.count === found.kept.length ? `${lengthOf(plateau).toFixed(1)} decades` : "–"
  const parts = [
    fact("rejected", found.rejected.length),
    fact("pooled", `${several(tree.vectors, "neuron")} of ${several(tree.students, "student")}`),
    fact("cut at", short(cut.height)),
    fact("this number holds over", holds),
    fact("by hand", cut.edits.length || "–"),
  ]
  const seen = bench.showTruth ? judged(bench) : null
  if (seen) {
    parts.push(fact("true neurons found", `${seen.found} of ${seen.found + seen.missing}`, seen.missing ? "warn" : "good"))
    parts.push(fact("found too many", seen.extra, seen.extra ? "warn" : ""))
    parts.push(fact("worst distance", seen.found ? short(seen.worst) : "–"))
  }
  return `<dl>${parts.join("")}</dl>`
}

/** @param {BenchScreen} screen */
export function facts(screen) {
  const { bench, part } = screen, kept = bench.found.kept.length, text = listed(bench)
  if (screen.factsText !== text) part.facts.innerHTML = screen.factsText = text
  const want = one(screen.root, "[data-form=want]")
  want.classList.toggle("none", kept === 0)
  // whoever is typing is not interrupted
  if (!screen.wanting) field(want, "input").value = String(kept)
  if (screen.answeredFor !== bench.cut) answer(screen, "")
}
