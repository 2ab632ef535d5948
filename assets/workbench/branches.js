// The branches that a height and the hands leave, and what the rules keep.
// Mirrors needed_students and branches in ec_core/cluster; the numbers come with the tree.

/** how many students a cluster must hold @param {Tree} tree @param {number} gamma */
export function neededStudents({ students, rules }, gamma) {
  return Math.max(Math.min(rules.leastStudents, students), Math.ceil(gamma * students - rules.gammaSlack))
}

/** how many of the ascending heights are at most this one @param {Tree} tree @param {number} height */
export function mergesUpTo(tree, height) {
  let low = tree.vectors, high = tree.nodes
  while (low < high) {
    const middle = (low + high) >> 1
    if (tree.height[middle] <= height) low = middle + 1
    else high = middle
  }
  return low - tree.vectors
}

/** @param {Edit[]} edits */
function ownHeights(edits) {
  const own = new Map()
  for (const [word, node, height] of edits) if (word === "cut") own.set(node, height)
  return own
}

/**
 * per node: has its merge happened? Vectors always have.
 * @param {Tree} tree @param {number} height @param {Map<number, number>} own
 */
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

/**
 * the clusters as lists of nodes, ascending by their first node
 * @param {Tree} tree @param {number} height @param {Edit[]} edits
 */
export function branches(tree, height, edits) {
  const happened = done(tree, height, ownHeights(edits))
  /** @type {number[]} */
  const nodes = []
  for (let node = 0; node < tree.nodes; node++) {
    const parent = tree.parent[node]
    if (happened[node] && (parent < 0 || !happened[parent])) nodes.push(node)
  }
  const merges = edits.filter(edit => edit[0] === "merge")
  if (merges.length === 0) return nodes.map(node => [node])
  const group = new Map(nodes.map(node => [node, [node]]))
  for (const [, ...wanted] of merges) {
    const parts = new Set(wanted.flatMap(node => (group.has(node) ? [group.get(node) ?? []] : [])))
    const union = [...parts].flat().sort((a, b) => a - b)
    for (const node of union) group.set(node, union)
  }
  return [...group].filter(([node, all]) => all[0] === node).map(([, all]) => all)
}

/** do the rules keep a set of these numbers? @param {Tree} tree @param {{ gamma: number, beta: number }} cut @param {SetStatistics} set */
export function passes(tree, { gamma, beta }, { support, angle }) {
  return support >= neededStudents(tree, gamma) && angle <= beta
}
