// What a cut means, looked up in the tree. ec_core/cluster/cut.py is the authority; this mirrors it
// so that nothing waits, and a test compares the two.

import { branches, neededStudents } from "./branches.js"
import { numbersOf } from "./numbers.js"
import { statisticsOf } from "./sets.js"

/** what was said of nodes by hand @param {Edit[]} edits @returns {Map<number, { when: number, keep: boolean }>} */
function verdicts(edits) {
  const given = new Map()
  edits.forEach(([word, node], when) => {
    if (word === "keep" || word === "drop") given.set(node, { when, keep: word === "keep" })
  })
  return given
}

/** @param {number} angle */
function degrees(angle) {
  return `${Number(angle.toPrecision(3))}°`
}

/**
 * the sentence for a verdict, made only where it is read
 * @param {Tree} tree @param {Cut} cut @param {Cluster} cluster
 */
export function reason(tree, cut, cluster) {
  const needed = neededStudents(tree, cut.gamma)
  let words = `found by ${cluster.support} of ${tree.students} students`
  if (cluster.support < needed) words += `, ${needed} needed`
  else if (cluster.angle > cut.beta) {
    words = `too wide: mean angle ${degrees(cluster.angle)}, at most ${degrees(cut.beta)}`
  }
  if (cluster.nodes.length > 1) words += `; ${cluster.nodes.length} branches merged by hand`
  return cluster.byHand ? `${cluster.kept ? "kept" : "dropped"} by hand (${words})` : words
}

/** @param {Tree} tree @param {Cut} cut @param {number[]} nodes @param {number} needed @param {ReturnType<typeof verdicts>} given @returns {Cluster} */
function judge(tree, cut, nodes, needed, given) {
  const { size, support, angle, spread, best } = statisticsOf(tree, nodes)
  const cluster = {
    nodes, node: nodes[0], size, support, angle, spread, best,
    kept: support >= needed && angle <= cut.beta, byHand: false, number: -1, index: -1,
  }
  if (given.size > 0) {
    let last = null
    for (const node of nodes) {
      const word = given.get(node)
      if (word && (last === null || word.when > last.when)) last = word
    }
    if (last !== null && last.keep !== cluster.kept) {
      cluster.kept = last.keep
      cluster.byHand = true
    }
  }
  return cluster
}

/**
 * kept: in the order of their numbers, which may leave some out; rejected: in the order of the tree
 * label (M,) by place: index into kept, or -1 - index into rejected
 * @param {Tree} tree @param {Cut} cut @returns {Found}
 */
export function cutTree(tree, cut) {
  const needed = neededStudents(tree, cut.gamma), given = verdicts(cut.edits)
  /** @type {Cluster[]} */
  const kept = []
  /** @type {Cluster[]} */
  const rejected = []
  const groups = branches(tree, cut.height, cut.edits)
  const numbers = numbersOf(tree, cut, groups)
  groups.forEach((nodes, i) => {
    const cluster = judge(tree, cut, nodes, needed, given)
    if (cluster.kept) cluster.number = numbers[i]
    const side = cluster.kept ? kept : rejected
    side.push(cluster)
  })
  kept.sort((a, b) => a.number - b.number)
  const label = new Int32Array(tree.vectors)
  const paint = (/** @type {Cluster} */ cluster, /** @type {number} */ mark) => {
    for (const node of cluster.nodes) {
      label.fill(mark, tree.first[node], tree.first[node] + tree.size[node])
    }
  }
  kept.forEach((cluster, i) => { cluster.index = i; paint(cluster, i) })
  rejected.forEach((cluster, i) => paint(cluster, -1 - i))
  return { kept, rejected, label }
}

/** @param {Tree} tree @param {Found} found @param {number} vector */
export function clusterAt(tree, found, vector) {
  const label = found.label[tree.place[vector]]
  return label >= 0 ? found.kept[label] : found.rejected[-1 - label]
}
