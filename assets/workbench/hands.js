// What the hands do to a cut: each function gives the cut that follows, or null if nothing can.

import { passes } from "./branches.js"
import { isWithin, members } from "./data.js"
import { LOWEST } from "./scale.js"
import { statisticsOf } from "./sets.js"

/** @param {Cut} cut @param {Edit[]} edits @returns {Cut} */
function withEdits(cut, edits) {
  return { ...cut, edits }
}

/** @param {Edit[]} edits @param {(edit: Edit) => boolean} gone */
function without(edits, gone) {
  return edits.filter(edit => !gone(edit))
}

/** the highest merge below a node that is truly lower, 0 if there is none @param {Tree} tree @param {number} node */
function heightBelow(tree, node) {
  let most = 0
  const waiting = [node]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (at < tree.vectors) continue
    if (tree.height[at] < tree.height[node]) most = Math.max(most, tree.height[at])
    else waiting.push(tree.left[at - tree.vectors], tree.right[at - tree.vectors])
  }
  return most
}

/**
 * between the node's own height and the next lower one; null where there is nothing in between
 * @param {Tree} tree @param {number} node
 */
export function splitHeight(tree, node) {
  const height = tree.height[node]
  if (node < tree.vectors || !(height > 0)) return null
  const below = heightBelow(tree, node)
  const between = Math.sqrt(height) * Math.sqrt(Math.max(below, Math.min(LOWEST, height / 4)))
  const chosen = between < height && between >= below ? between : below > 0 ? below : height / 2
  // half of the smallest number there is would be none
  return chosen > 0 ? chosen : null
}

/**
 * merged branches come apart; a single branch is cut just below its top
 * @param {Tree} tree @param {Cut} cut @param {Cluster} cluster
 */
export function split(tree, cut, cluster) {
  if (cluster.nodes.length > 1) {
    const own = new Set(cluster.nodes)
    return withEdits(cut, without(cut.edits, ([word, ...nodes]) => word === "merge" && nodes.some(node => own.has(node))))
  }
  const height = splitHeight(tree, cluster.node)
  return height === null ? null : cutBranch(cut, cluster.node, height)
}

/**
 * one that is there already is moved in its place: what comes later keeps its numbers
 * @param {Cut} cut @param {number} node @param {number} height
 */
export function cutBranch(cut, node, height) {
  /** @type {Edit} */
  const own = ["cut", node, height]
  const at = cut.edits.findIndex(edit => edit[0] === "cut" && edit[1] === node)
  return withEdits(cut, at < 0 ? [...cut.edits, own] : cut.edits.map((edit, i) => (i === at ? own : edit)))
}

/**
 * what was kept stays kept: where the union is wider than the rules allow, by hand
 * @param {Tree} tree @param {Cut} cut @param {Cluster[]} clusters
 */
export function merge(tree, cut, clusters) {
  if (clusters.length < 2) return null
  const joined = join(tree, cut, clusters), [word, ...rest] = joined.edits[joined.edits.length - 1]
  const nodes = word === "merge" ? rest : rest.slice(0, 1)
  const lost = clusters.every(c => c.kept) && !passes(tree, cut, statisticsOf(tree, nodes))
  return lost ? withEdits(joined, [...joined.edits, ["keep", nodes[0]]]) : joined
}

/**
 * whole branches of the tree are joined by a cut of their own, which holds wherever the cut moves
 * @param {Tree} tree @param {Cut} cut @param {Cluster[]} clusters
 */
function join(tree, cut, clusters) {
  const nodes = clusters.flatMap(cluster => cluster.nodes).sort((a, b) => a - b)
  const size = nodes.reduce((sum, node) => sum + tree.size[node], 0)
  let branch = nodes[0]
  while (branch >= 0 && tree.size[branch] < size) branch = tree.parent[branch]
  const whole = branch >= 0 && tree.size[branch] === size && tree.height[branch] > 0 &&
    nodes.every(node => isWithin(tree, node, branch))
  if (!whole) return withEdits(cut, [...cut.edits, ["merge", ...nodes]])
  const outside = without(cut.edits, ([word, node]) => word === "cut" && isWithin(tree, node, branch))
  return cutBranch(withEdits(cut, outside), branch, tree.height[branch])
}

/** @param {Cut} cut @param {Cluster[]} clusters @param {boolean} keep */
export function judge(cut, clusters, keep) {
  const changed = clusters.filter(cluster => cluster.kept !== keep)
  if (changed.length === 0) return null
  const nodes = new Set(changed.flatMap(cluster => cluster.nodes))
  const others = without(cut.edits, e => (e[0] === "keep" || e[0] === "drop") && nodes.has(e[1]))
  /** where the rules already say so, taking back the other word is enough @type {Edit[]} */
  const needed = changed.filter(cluster => !cluster.byHand).map(c => [keep ? "keep" : "drop", c.node])
  return withEdits(cut, [...others, ...needed])
}

/**
 * everything done by hand that touches these vectors is forgotten
 * @param {Tree} tree @param {Cut} cut @param {Iterable<number>} vectors
 */
export function reset(tree, cut, vectors) {
  const touched = new Set(vectors)
  const touches = (/** @type {number} */ node) => {
    for (const v of members(tree, node)) if (touched.has(v)) return true
    return false
  }
  const edits = without(cut.edits, ([word, ...numbers]) => {
    const nodes = word === "cut" ? numbers.slice(0, 1) : numbers
    return nodes.some(node => node < tree.nodes && touches(node))
  })
  return edits.length === cut.edits.length ? null : withEdits(cut, edits)
}
