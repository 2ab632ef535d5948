// What a cut means, looked up in the tree. ec_core/cluster/cut.py is the authority; this mirrors it
// so that nothing waits, and a test compares the two.

import { statisticsOf } from "./sets.js"

export function neededStudents(students, gamma) {
  return Math.max(Math.min(2, students), Math.ceil(gamma * students - 1e-9))
}

// how many of the ascending heights are at most this one
export function mergesUpTo(tree, height) {
  let low = tree.vectors, high = tree.nodes
  while (low < high) {
    const middle = (low + high) >> 1
    if (tree.height[middle] <= height) low = middle + 1
    else high = middle
  }
  return low - tree.vectors
}

function ownHeights(edits) {
  const own = new Map()
  for (const [word, node, height] of edits) if (word === "cut") own.set(node, height)
  return own
}

// per node: has its merge happened? Vectors always have.
function done(tree, height, own) {
  const m = tree.vectors, result = new Uint8Array(tree.nodes)
  if (own.size === 0) return result.fill(1, 0, m + mergesUpTo(tree, height))
  const obeys = new Float64Array(tree.nodes)
  for (let node = tree.nodes - 1; node >= m; node--) {
    const parent = tree.parent[node]
    obeys[node] = own.get(node) ?? (parent < 0 ? height : obeys[parent])
  }
  result.fill(1, 0, m)
  for (let node = m; node < tree.nodes; node++) {
    const a = tree.left[node - m], b = tree.right[node - m]
    result[node] = tree.height[node] <= obeys[node] && result[a] && result[b] ? 1 : 0
  }
  return result
}

// the clusters as lists of nodes, ascending by their first node
export function branches(tree, height, edits) {
  const happened = done(tree, height, ownHeights(edits))
  const group = new Map(), nodes = []
  for (let node = 0; node < tree.nodes; node++) {
    const parent = tree.parent[node]
    if (happened[node] && (parent < 0 || !happened[parent])) nodes.push(node)
  }
  const merges = edits.filter(edit => edit[0] === "merge")
  if (merges.length === 0) return nodes.map(node => [node])
  for (const node of nodes) group.set(node, [node])
  for (const [, ...wanted] of merges) {
    const parts = new Set(wanted.filter(node => group.has(node)).map(node => group.get(node)))
    const union = [...parts].flat().sort((a, b) => a - b)
    for (const node of union) group.set(node, union)
  }
  return nodes.filter(node => group.get(node)[0] === node).map(node => group.get(node))
}

function verdicts(edits) {
  const given = new Map()
  edits.forEach(([word, node], when) => {
    if (word === "keep" || word === "drop") given.set(node, { when, keep: word === "keep" })
  })
  return given
}

function degrees(angle) {
  return `${Number(angle.toPrecision(3))}°`
}

// the sentence for a verdict, made only where it is read
export function reason(tree, cut, cluster) {
  const needed = neededStudents(tree.students, cut.gamma)
  let words = `found by ${cluster.support} of ${tree.students} students`
  if (cluster.support < needed) words += `, ${needed} needed`
  else if (cluster.angle > cut.beta) {
    words = `too wide: mean angle ${degrees(cluster.angle)}, at most ${degrees(cut.beta)}`
  }
  if (cluster.nodes.length > 1) words += `; ${cluster.nodes.length} branches merged by hand`
  return cluster.byHand ? `${cluster.kept ? "kept" : "dropped"} by hand (${words})` : words
}

// do the rules keep a set of these numbers?
export function passes(tree, cut, { support, angle }) {
  return support >= neededStudents(tree.students, cut.gamma) && angle <= cut.beta
}

function judge(tree, cut, nodes, given) {
  const cluster = { nodes, node: nodes[0], ...statisticsOf(tree, nodes), kept: false, byHand: false }
  cluster.kept = passes(tree, cut, cluster)
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

export function inOrder(a, b) {
  return b.support - a.support || a.spread - b.spread || a.node - b.node
}

// kept: in the order of their numbers; rejected: in the order of the tree
// label (M,) by place: index into kept, or -1 - index into rejected
export function cutTree(tree, cut) {
  const given = verdicts(cut.edits)
  const kept = [], rejected = []
  for (const nodes of branches(tree, cut.height, cut.edits)) {
    const cluster = judge(tree, cut, nodes, given)
    ;(cluster.kept ? kept : rejected).push(cluster)
  }
  kept.sort(inOrder)
  const label = new Int32Array(tree.vectors)
  const paint = (cluster, value) => {
    for (const node of cluster.nodes) {
      label.fill(value, tree.first[node], tree.first[node] + tree.size[node])
    }
  }
  kept.forEach((cluster, i) => { cluster.number = i; paint(cluster, i) })
  rejected.forEach((cluster, i) => { cluster.number = -1; paint(cluster, -1 - i) })
  return { kept, rejected, label }
}

export function clusterAt(tree, found, vector) {
  const label = found.label[tree.place[vector]]
  return label >= 0 ? found.kept[label] : found.rejected[-1 - label]
}
