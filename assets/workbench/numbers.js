// What clusters are called: the automatic cut numbers the tree's clusters; a cluster is the same one
// while its larger part is; what is new is numbered on, in the order in which it came.
// Mirrors ec_core/cluster/numbers.py; here numbers begin with 0.

import { branches, neededStudents, passes } from "./branches.js"
import { isWithin } from "./data.js"
import { automaticHeight } from "./plateau.js"
import { inOrder, statisticsOf } from "./sets.js"

const HOME = { gamma: 0.5, beta: 30 }

// the leaders of the automatic cut's clusters with their numbers; found once per tree
function homeOf(tree) {
  if (tree.home) return tree.home
  const height = automaticHeight(tree, HOME.gamma, HOME.beta)
  const kept = branches(tree, height, [])
    .map(nodes => ({ node: nodes[0], ...statisticsOf(tree, nodes) }))
    .filter(seen => passes(tree, HOME, seen))
    .sort(inOrder)
  tree.home = new Map(kept.map(({ node }, number) => [tree.leader[node], number]))
  return tree.home
}

// up to which height a branch's leader leads
function leftAt(tree, node) {
  let at = node
  for (let above = tree.parent[at]; above >= 0; above = tree.parent[at]) {
    if (tree.leader[above] !== tree.leader[node]) return tree.height[above]
    at = above
  }
  return Infinity
}

// when each node was first named by an edit, and which were judged
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

// a number for each group of nodes that the rules or a hand may keep
export function numbersOf(tree, cut, groups) {
  const home = homeOf(tree), { named, judged } = namedIn(cut.edits), called = new Map(), fresh = []
  const needed = neededStudents(tree.students, cut.gamma)
  const keeps = node => tree.support[node] >= needed && tree.angle[node] <= cut.beta
  // the edit that made it a cluster to be numbered, -1 if the height alone did
  const born = node => {
    const leader = tree.leader[node]
    let last = keeps(node) ? -1 : named.get(node) ?? -1
    cut.edits.forEach(([word, top], when) => {
      if (word !== "cut" || top >= tree.nodes || tree.leader[top] === leader) return
      if (isWithin(tree, leader, top)) last = Math.max(last, when)
    })
    return last
  }
  const larger = (a, b) => tree.support[b] - tree.support[a] || tree.size[b] - tree.size[a] || a - b
  for (const group of groups) {
    let some = false
    for (const node of group) {
      const number = home.get(tree.leader[node])
      if (number !== undefined) { called.set(node, number); some = true }
    }
    // most are one branch, and most of these nothing
    if (group.length === 1) {
      if (!some && (keeps(group[0]) || judged.has(group[0]))) fresh.push(group[0])
      continue
    }
    const others = group.filter(node => !called.has(node) && (keeps(node) || judged.has(node)))
    if (!some && others.length === 0) others.push([...group].sort(larger)[0])
    fresh.push(...others)
  }
  const came = new Map(fresh.map(node => [node, [born(node), -leftAt(tree, node), tree.leader[node]]]))
  const order = (a, b) => came.get(a)[0] - came.get(b)[0] || compare(came.get(a)[1], came.get(b)[1]) || came.get(a)[2] - came.get(b)[2]
  fresh.sort(order).forEach((node, index) => called.set(node, home.size + index))
  const numbers = new Map()
  for (const group of groups) {
    const first = group.length === 1 ? group[0] : group.filter(node => called.has(node)).sort(larger)[0]
    const number = called.get(first)
    if (number !== undefined) numbers.set(group, number)
  }
  return numbers
}

// infinities are equal to themselves
function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0
}
