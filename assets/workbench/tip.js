// What is said of a vector or a branch: beside the pointer, and for those who listen.

import { degrees, short } from "../canvas/text.js"
import { hoverOn, touched } from "./bench.js"
import { clusterAt, reason } from "./cut.js"
import { relit } from "./frame.js"

const ASIDE = 14, ABOVE = 10

/**
 * lines beside a place of a canvas, null for none
 * @param {BenchScreen} screen @param {HTMLElement} canvas @param {number} x @param {number} y @param {string[] | null} lines
 */
export function tip(screen, canvas, x, y, lines) {
  const { tipBox } = screen
  tipBox.hidden = lines === null
  if (lines === null) return
  tipBox.replaceChildren(...lines.map(line => Object.assign(document.createElement("div"), { textContent: line })))
  const box = canvas.getBoundingClientRect(), home = screen.root.getBoundingClientRect()
  const left = box.left - home.left + x + ASIDE, width = tipBox.offsetWidth
  tipBox.style.left = `${Math.max(0, Math.min(left, home.width - width - 4))}px`
  tipBox.style.top = `${Math.max(0, box.top - home.top + y - tipBox.offsetHeight - ABOVE)}px`
}

/**
 * beside what it is about, and aloud
 * @param {BenchScreen} screen @param {HTMLElement} canvas @param {number} x @param {number} y @param {string[]} lines
 */
export function say(screen, canvas, x, y, lines) {
  tip(screen, canvas, x, y, lines)
  screen.part.said.textContent = lines.join("; ")
}

/** @param {Bench} bench @param {number} v */
export function vectorWords(bench, v) {
  const { tree, truth } = bench, cluster = clusterAt(tree, bench.found, v)
  const lines = [
    `student ${tree.student[v] + 1}, neuron ${tree.neuron[v] + 1}`,
    `loss ${short(tree.loss[v])} · norm ${short(tree.norm[v])} · sign ${tree.sign[v] < 0 ? "−" : "+"}`,
    clusterWords(bench, cluster),
  ]
  if (truth && bench.showTruth) lines.push(`true neuron ${truth.nearest[v] + 1} at ${short(truth.distance[v])}`)
  return lines
}

/** @param {Bench} bench @param {Cluster} cluster */
function clusterWords(bench, cluster) {
  const name = cluster.kept ? `cluster ${cluster.number + 1}` : "rejected"
  return `${name}: ${reason(bench.tree, bench.cut, cluster)}`
}

/** @param {Bench} bench @param {number} node */
export function branchWords(bench, node) {
  const { tree } = bench
  if (node < tree.vectors) return vectorWords(bench, node)
  const clusters = touched(bench, { vectors: [], branch: node })
  return [
    `${tree.size[node]} neurons of ${tree.support[node]} students, merged at ${short(tree.height[node])}`,
    `spread ${short(tree.spread[node])} · angle ${degrees(tree.angle[node])}`,
    clusters.length === 1 ? clusterWords(bench, clusters[0]) : `${clusters.length} clusters`,
  ]
}

/**
 * what the pointer is on, in every picture
 * @param {BenchScreen} screen @param {Mark | null} mark @param {HTMLElement} canvas @param {number} x @param {number} y
 * @param {string[] | null} lines
 */
export function hover(screen, mark, canvas, x, y, lines) {
  const { bench } = screen, seen = () => JSON.stringify([bench.hover.branch, bench.hover.vectors.slice(0, 3)])
  const before = seen()
  hoverOn(bench, mark)
  tip(screen, canvas, x, y, mark === null ? null : lines)
  if (before !== seen()) relit(screen)
}
