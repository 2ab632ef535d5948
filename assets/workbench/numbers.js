// What clusters are called: the automatic cut numbers the tree's clusters; a cluster is the same one
// while its larger part is; what is new is numbered on, in the order in which it came.
// Mirrors ec_core/cluster/numbers.py; here numbers begin with 0.

import { branches, neededStudents, passes } from "./branches.js"
import { isWithin } from "./data.js"
import { automaticHeight } from "./plateau.js"
import { inOrder, statisticsOf } from "./sets.js"

/**
 * by leader (M,) the numbers of the automatic cut's clusters, -1 for all others, and how many there
 * are; found once per tree, at settings of its own, so that no dial renames anything
 * @param {Tree} tree
 */
function homeOf(tree) {
  if (tree.home) return tree.home
  const settings = { gamma: tree.rules.homeGamma, beta: tree.rules.homeBeta }
  const height = automaticHeight(tree, settings.gamma, settings.beta)
  const kept = branches(tree, height, [])
    .map(nodes => ({ node: nodes[0], ...statisticsOf(tree, nodes) }))
    .filter(seen => passes(tree, settings, seen))
    .sort(inOrder)
  const number = new Int32Array(tree.vectors).fill(-1)
  kept.forEach(({ node }, at) => { number[tree.leader[node]] = at })
  tree.home = { number, count: kept.length }
  return tree.home
}

/** up to which height a branch's leader leads @param {Tree} tree @param {number} node */
function leftAt(tree, node) {
  let at = node
  for (let above = tree.parent[at]; above >= 0; above = tree.parent[at]) {
    if (tree.leader[above] !== tree.leader[node]) return tree.height[above]
    at = above
  }
  return Infinity
}

/** when each node was first named by an edit, and which were judged @param {Edit[]} edits */
function namedIn(edits) {
  const named = new Map(), judged = new Set()
  edits.forEach(([word, ...nodes], when) => {
    if (word === "cut") return
    for (const node of nodes) {
      if (!named.has(node)) named.set(node, when)
      if (word !== "merge") judged.add(node)
    }
  })
  return { named, judged }
}

/**
 * for each group of nodes that the rules or a hand may keep its number, -1 for the others: one pass
 * over groups, for a cut is dragged through thousands of them
 * @param {Tree} tree @param {Cut} cut @param {number[][]} groups
 */
export function numbersOf(tree, cut, groups) {
  const home = homeOf(tree), { named, judged } = namedIn(cut.edits)
  /** @type {number[]} */
  const fresh = []
  const needed = neededStudents(tree, cut.gamma)
  const keeps = (/** @type {number} */ node) => tree.support[node] >= needed && tree.angle[node] <= cut.beta
  const own = (/** @type {number} */ node) => home.number[tree.leader[node]]
  const isFresh = (/** @type {number} */ node) => own(node) < 0 && (keeps(node) || (judged.size > 0 && judged.has(node)))
  const larger = (/** @type {number} */ a, /** @type {number} */ b) => tree.support[b] - tree.support[a] || tree.size[b] - tree.size[a] || a - b
  for (const group of groups) {
    if (group.length === 1) {
      if (isFresh(group[0])) fresh.push(group[0])
      continue
    }
    const others = group.filter(isFresh)
    if (others.length === 0 && group.every(node => own(node) < 0)) others.push([...group].sort(larger)[0])
    fresh.push(...others)
  }
  const ordered = inTurn(tree, cut, fresh, node => (keeps(node) ? -1 : named.get(node) ?? -1))
  const called = new Map(ordered.map((node, index) => [node, home.count + index]))
  const numberOf = (/** @type {number} */ node) => (own(node) >= 0 ? own(node) : called.get(node) ?? -1)
  return groups.map(group => numberOf(
    group.length === 1 ? group[0] : group.filter(node => numberOf(node) >= 0).sort(larger)[0],
  ))
}

/**
 * in the order in which they came: by the edit that made each a cluster to be numbered (-1 if the
 * height alone did), then from the height that a larger branch swallows them at downwards
 * @param {Tree} tree @param {Cut} cut @param {number[]} fresh @param {(node: number) => number} first
 */
function inTurn(tree, cut, fresh, first) {
  /** @type {[number, number][]} */
  const cuts = []
  cut.edits.forEach(([word, top], when) => { if (word === "cut" && top < tree.nodes) cuts.push([top, when]) })
  const came = fresh.map(node => {
    const leader = tree.leader[node]
    let born = first(node)
    for (const [top, when] of cuts) {
      if (tree.leader[top] !== leader && isWithin(tree, leader, top)) born = Math.max(born, when)
    }
    return { node, born, left: leftAt(tree, node), leader }
  })
  // infinities are equal to themselves
  const higher = (/** @type {number} */ a, /** @type {number} */ b) => (a > b ? -1 : a < b ? 1 : 0)
  return came.sort((a, b) => a.born - b.born || higher(a.left, b.left) || a.leader - b.leader).map(({ node }) => node)
}
