// The branches that a height and the hands leave, and what the rules keep.
// Mirrors needed_students and branches in ec_core/cluster.

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

// do the rules keep a set of these numbers?
export function passes(tree, { gamma, beta }, { support, angle }) {
  return support >= neededStudents(tree.students, gamma) && angle <= beta
}
