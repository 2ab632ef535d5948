// The state of the workbench and what can be done to it; no drawing, no page.

import { clusterAt, cutTree } from "./cut.js"
import { growTree, members } from "./data.js"
import * as hands from "./hands.js"
import * as past from "./history.js"
import { allMembers } from "./sets.js"
import { automaticHeight, counts, lastLong, middle, paperHeight, plateaus } from "./plateau.js"
import { setLog } from "./view.js"

/** @type {Mark} */
const NOTHING = { vectors: [], branch: -1 }
const RINGS = 300

/** filled in by Python's first word, before anything is drawn @type {any} */
const LATER = null

/** @param {Packed} packed */
export function makeBench(packed) {
  const tree = growTree(packed)
  /** @type {Bench} */
  const bench = {
    tree, look: LATER, points: tree.map, truth: null, truthPoints: null, showTruth: false,
    umap: null, umapName: null, umapNote: "", mapWanted: "UMAP",
    history: LATER, cut: LATER, found: LATER, plateaus: [], names: {}, medians: new Map(), built: {},
    view: { log: true, x0: -0.5, x1: tree.vectors - 0.5, lo: 0, hi: 1 }, whole: [0, 1], mapZoom: { k: 1, x: 0, y: 0 },
    colourBy: "cluster", sort: { key: "number", down: false },
    hover: NOTHING, picked: NOTHING, lit: null, pickedClusters: [], lasso: null, plateauHover: null,
    version: 0, lights: 0,
  }
  setLog(bench, true)
  return bench
}

/** a cut to look at; nothing is remembered yet @param {Bench} bench @param {Cut} cut */
export function show(bench, cut) {
  const before = bench.cut
  bench.cut = cut
  if (before === null || before.gamma !== cut.gamma || before.beta !== cut.beta) {
    const count = counts(bench.tree, cut.gamma, cut.beta)
    bench.plateaus = plateaus(bench.tree, cut.gamma, cut.beta, count)
  }
  const found = cutTree(bench.tree, cut)
  // a cut that moves within a plateau changes nothing that most views would have to draw anew
  if (bench.found === null || !sameClusters(bench.found, found)) bench.version++
  bench.found = found
  light(bench)
}

/** @param {Found} a @param {Found} b */
function sameClusters(a, b) {
  return a.kept.length === b.kept.length &&
    a.kept.every((cluster, i) => cluster.number === b.kept[i].number) && a.label.every((value, place) => value === b.label[place])
}

/** what is hovered or picked, as clusters, in every view @param {Bench} bench */
export function light(bench) {
  const { hover, picked } = bench
  const has = (/** @type {Mark} */ mark) => mark.vectors.length > 0 || mark.branch >= 0
  const before = bench.lit
  bench.lit = null
  if (before !== null || has(hover) || has(picked)) bench.lights++
  if (!has(hover) && !has(picked)) return
  const clusters = new Set([...touched(bench, picked), ...touched(bench, hover)])
  const rings = [...(picked.branch < 0 ? picked.vectors.slice(0, RINGS) : []), ...hover.vectors.slice(0, 2)]
  // vectors picked one by one stand out from their clusters, unless something else is pointed at
  const only = picked.only && !has(hover) ? new Set(picked.vectors) : null
  bench.lit = { clusters, vectors: rings, only, branch: hover.branch >= 0 ? hover.branch : picked.branch }
}

/** @param {Bench} bench @param {Mark} mark */
export function touched(bench, mark) {
  const vectors = mark.branch >= 0 ? members(bench.tree, mark.branch) : mark.vectors
  /** @type {Set<Cluster>} */
  const found = new Set()
  for (const v of vectors) found.add(clusterAt(bench.tree, bench.found, v))
  return [...found]
}

/** @param {Bench} bench @param {Mark | null} mark */
export function hoverOn(bench, mark) {
  bench.hover = mark ?? NOTHING
  light(bench)
}

/** more: add to what is picked, or take it away again @param {Bench} bench @param {Mark | null} mark */
export function pick(bench, mark, more = false) {
  if (mark === null) bench.picked = NOTHING
  else if (!more) bench.picked = mark
  else {
    const vectors = (/** @type {Mark} */ at) => (at.branch >= 0 ? Array.from(members(bench.tree, at.branch)) : at.vectors)
    const have = new Set(vectors(bench.picked)), given = vectors(mark)
    const gone = given.every(v => have.has(v))
    for (const v of given) if (gone) have.delete(v); else have.add(v)
    const only = mark.only && (bench.picked.only || !bench.picked.vectors.length)
    bench.picked = { vectors: [...have], branch: -1, ...(only ? { only } : {}) }
  }
  light(bench)
}

/** @param {Tree} tree @param {Cluster} cluster */
export function markOf(tree, cluster) {
  return markOfAll(tree, [cluster])
}

/** @param {Tree} tree @param {Cluster[]} clusters @returns {Mark} */
export function markOfAll(tree, clusters) {
  return { vectors: clusters.flatMap(cluster => Array.from(allMembers(tree, cluster.nodes))), branch: -1 }
}

/** @param {Bench} bench @param {Cut[]} steps @param {number} at */
export function start(bench, steps, at) {
  bench.history = past.startHistory(steps, at)
  show(bench, past.now(bench.history))
}

/** a cut to keep: one step to undo @param {Bench} bench @param {Cut | null} cut */
export function commit(bench, cut) {
  if (cut === null) return false
  const before = bench.history
  bench.history = past.push(before, cut)
  show(bench, cut)
  return bench.history !== before
}

/** @param {Bench} bench @param {number} direction */
export function step(bench, direction) {
  const next = direction < 0 ? past.undo(bench.history) : past.redo(bench.history)
  if (next === bench.history) return false
  bench.history = next
  show(bench, past.now(next))
  return true
}

/**
 * a rule's height for gamma and beta; by hand it stays
 * @param {Bench} bench @param {Partial<Cut>} changes @returns {Cut}
 */
export function ruled(bench, changes) {
  const cut = { ...bench.cut, ...changes }
  if (cut.rule === "plateau") cut.height = automaticHeight(bench.tree, cut.gamma, cut.beta)
  if (cut.rule === "paper") cut.height = paperHeight(bench.tree, cut.gamma)
  return cut
}

/** @param {Bench} bench @param {number} height @returns {Cut} */
export function atHeight(bench, height) {
  return { ...bench.cut, height, rule: "hand" }
}

/** a plateau's middle; the automatic one is the rule's again @param {Bench} bench @param {Plateau} plateau */
export function atPlateau(bench, plateau) {
  const automatic = plateau === lastLong(bench.plateaus, bench.tree)
  return automatic ? ruled(bench, { rule: "plateau" }) : atHeight(bench, middle(plateau))
}

/** @param {Bench} bench @param {number} direction */
export function nextPlateau(bench, direction) {
  const at = Math.log10(bench.cut.height)
  const others = bench.plateaus.filter(p => (direction > 0 ? p.low > at : p.high < at))
  return (direction > 0 ? others[0] : others[others.length - 1]) ?? null
}

/**
 * the next cut for a word of the toolbar, null where it does nothing
 * @param {Bench} bench @param {string} word @returns {Cut | null}
 */
export function handled(bench, word) {
  const { tree, cut } = bench, clusters = touched(bench, bench.picked)
  if (clusters.length === 0) return null
  if (word === "split") return clusters.length === 1 ? hands.split(tree, cut, clusters[0]) : null
  if (word === "merge") return hands.merge(tree, cut, clusters)
  if (word === "keep" || word === "drop") return hands.judge(cut, clusters, word === "keep")
  if (word === "reset") return hands.reset(tree, cut, clusters.flatMap(c => markOf(tree, c).vectors))
  if (word === "own") {
    const node = ownNode(bench, clusters)
    return node < 0 ? null : hands.cutBranch(cut, node, Math.min(tree.height[node], cut.height))
  }
  return null
}

/**
 * the cut that keeps so many clusters, at the middle of the longest stretch of height that does;
 * or { words }: why there is none. What hands have decided counts.
 * @param {Bench} bench @param {number} wanted @returns {{ cut?: Cut, words?: string }}
 */
export function cutInto(bench, wanted) {
  const { tree, cut } = bench, edited = cut.edits.length > 0
  if (!Number.isInteger(wanted) || wanted < 1) return { words: "Type how many clusters are to be kept: a whole number from 1 on." }
  const found = [...bench.plateaus].sort((a, b) => b.high - b.low - (a.high - a.low))
  const automatic = lastLong(bench.plateaus, tree)
  /** @type {Set<number>} */
  const had = new Set()
  if (automatic) found.unshift(automatic)
  for (const plateau of found) {
    const next = atPlateau(bench, plateau), kept = edited ? cutTree(tree, next).kept.length : plateau.count
    if (kept === wanted) return { cut: next }
    had.add(kept)
  }
  return { words: `No height keeps exactly ${wanted} ${wanted === 1 ? "cluster" : "clusters"} ${whatCounts(cut)}${nearest([...had], wanted)}.` }
}

/** @param {Cut} cut */
function whatCounts({ gamma, beta, edits }) {
  const rules = `(γ ${Number(gamma.toFixed(3))}, β ${Number(beta.toPrecision(3))}°`
  return edits.length ? `${rules}, and what was done by hand)` : `${rules})`
}

/** @param {number[]} had @param {number} wanted */
function nearest(had, wanted) {
  const less = Math.max(...had.filter(n => n < wanted && n > 0)), more = Math.min(...had.filter(n => n > wanted))
  const names = [less, more].filter(Number.isFinite)
  return names.length ? `; the nearest that can be had: ${names.join(" and ")}` : ""
}

/** which branch an own height would be for: the one picked in the tree, or the cluster's @param {Bench} bench */
export function ownNode(bench, clusters = touched(bench, bench.picked)) {
  const { tree, picked } = bench
  const node = picked.branch >= 0 ? picked.branch : clusters.length === 1 ? clusters[0].node : -1
  const has = bench.cut.edits.some(edit => edit[0] === "cut" && edit[1] === node)
  return node >= tree.vectors && tree.height[node] > 0 && !has ? node : -1
}

/** what the truth says about a cut: per cluster the distance to its nearest true neuron @param {Bench} bench */
export function judged(bench, found = bench.found) {
  const { truth } = bench
  if (truth === null) return null
  const hit = new Set()
  let worst = 0
  const distance = found.kept.map(cluster => {
    const best = cluster.best, h = truth.nearest[best], away = truth.distance[best]
    if (away <= truth.tolerance[h]) { hit.add(h); worst = Math.max(worst, away) }
    return { neuron: h, away, near: away <= truth.tolerance[h] }
  })
  return { distance, found: hit.size, missing: truth.neurons - hit.size, extra: found.kept.length - hit.size, worst }
}
