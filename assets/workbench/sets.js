// Statistics of vectors from several branches, from the vectors themselves; mirrors set_statistics in
// ec_core/cluster/statistics.py. A branch alone is looked up in the tree.

import { members } from "./data.js"

/** @param {Tree} tree @param {number[]} nodes */
export function allMembers(tree, nodes) {
  return nodes.length === 1 ? members(tree, nodes[0]) : nodes.flatMap(node => Array.from(members(tree, node)))
}

/**
 * the one from the student with the smallest loss, of several the strongest
 * @param {Tree} tree @param {number[]} vectors
 */
function bestOf(tree, vectors) {
  const { strength } = tree, loss = (/** @type {number} */ v) => (Number.isNaN(tree.loss[v]) ? Infinity : tree.loss[v])
  const better = (/** @type {number} */ a, /** @type {number} */ b) => loss(a) - loss(b) || strength[b] - strength[a] || a - b
  return vectors.reduce((a, b) => (better(b, a) < 0 ? b : a))
}

/**
 * the angle of the mean cosine: sin²(θ/2) is Σ|u - ū|² / 2(m - 1), exact where vectors are copies
 * @param {Tree} tree @param {number[]} vectors
 */
function angleOf(tree, vectors) {
  const { coordinates, features } = tree, mean = new Float64Array(features), norms = new Float64Array(vectors.length)
  vectors.forEach((v, i) => {
    let square = 0
    for (let f = 0; f < features; f++) square += coordinates[v * features + f] ** 2
    norms[i] = Math.max(Math.sqrt(square), tree.rules.tinyNorm)
    for (let f = 0; f < features; f++) mean[f] += coordinates[v * features + f] / norms[i]
  })
  for (let f = 0; f < features; f++) mean[f] /= vectors.length
  let apart = 0
  vectors.forEach((v, i) => {
    for (let f = 0; f < features; f++) apart += (coordinates[v * features + f] / norms[i] - mean[f]) ** 2
  })
  const half = apart / (2 * Math.max(vectors.length - 1, 1))
  return (360 / Math.PI) * Math.asin(Math.sqrt(Math.min(half, 1)))
}

/** @param {Tree} tree @param {number[]} vectors @param {number} best */
function spreadOf(tree, vectors, best) {
  const { coordinates, features } = tree
  let square = 0
  for (const v of vectors) {
    for (let f = 0; f < features; f++) {
      square += (coordinates[v * features + f] - coordinates[best * features + f]) ** 2
    }
  }
  return Math.sqrt(square / vectors.length)
}

/**
 * { size, support, angle, spread, best } of some nodes of the tree; of several remembered with it
 * @param {Tree} tree @param {number[]} nodes @returns {SetStatistics}
 */
export function statisticsOf(tree, nodes) {
  if (nodes.length === 1) {
    const [node] = nodes, { size, support, angle, spread, best } = tree
    return { size: size[node], support: support[node], angle: angle[node], spread: spread[node], best: best[node] }
  }
  const key = nodes.join(), known = (tree.sets ??= new Map()), before = known.get(key)
  if (before) return before
  const vectors = Array.from(allMembers(tree, nodes)), best = bestOf(tree, vectors)
  const set = {
    size: vectors.length, support: new Set(vectors.map(v => tree.student[v])).size,
    angle: angleOf(tree, vectors), spread: spreadOf(tree, vectors, best), best,
  }
  known.set(key, set)
  return set
}

/**
 * the order of support and spread
 * @param {SetStatistics & { node: number }} a @param {SetStatistics & { node: number }} b
 */
export function inOrder(a, b) {
  return b.support - a.support || a.spread - b.spread || a.node - b.node
}
