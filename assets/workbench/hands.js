// What the hands do to a cut: each function gives the cut that follows, or null if nothing can.

import { passes } from "./branches.js"
import { isWithin, members } from "./data.js"
import { statisticsOf } from "./sets.js"

const FLOOR = 1e-17

function withEdits(cut, edits) {
  return { ...cut, edits }
}

function without(edits, gone) {
  return edits.filter(edit => !gone(edit))
}

// the highest merge below a node that is truly lower, 0 if there is none
function heightBelow(tree, node) {
  let most = 0
  const waiting = [node]
  while (waiting.length) {
    const at = waiting.pop()
    if (at < tree.vectors) continue
    if (tree.height[at] < tree.height[node]) most = Math.max(most, tree.height[at])
    else waiting.push(tree.left[at - tree.vectors], tree.right[at - tree.vectors])
  }
  return most
}

// between the node's own height and the next lower one; null where there is nothing in between
export function splitHeight(tree, node) {
  const height = tree.height[node]
  if (node < tree.vectors || !(height > 0)) return null
  const below = heightBelow(tree, node)
  const between = Math.sqrt(height) * Math.sqrt(Math.max(below, Math.min(FLOOR, height / 4)))
  const chosen = between < height && between >= below ? between : below > 0 ? below : height / 2
  // half of the smallest number there is would be none
  return chosen > 0 ? chosen : null
}

// merged branches come apart; a single branch is cut just below its top
export function split(tree, cut, cluster) {
  if (cluster.nodes.length > 1) {
    const own = new Set(cluster.nodes)
    const gone = edit => edit[0] === "merge" && edit.slice(1).some(node => own.has(node))
    return withEdits(cut, without(cut.edits, gone))
  }
  const height = splitHeight(tree, cluster.node)
  return height === null ? null : cutBranch(cut, cluster.node, height)
}

// one that is there already is moved in its place: what comes later keeps its numbers
export function cutBranch(cut, node, height) {
  const at = cut.edits.findIndex(edit => edit[0] === "cut" && edit[1] === node), own = ["cut", node, height]
  return withEdits(cut, at < 0 ? [...cut.edits, own] : cut.edits.map((edit, i) => (i === at ? own : edit)))
}

// what was kept stays kept: where the union is wider than the rules allow, by hand
export function merge(tree, cut, clusters) {
  if (clusters.length < 2) return null
  const joined = join(tree, cut, clusters), [word, ...rest] = joined.edits[joined.edits.length - 1]
  const nodes = word === "merge" ? rest : rest.slice(0, 1)
  const lost = clusters.every(c => c.kept) && !passes(tree, cut, statisticsOf(tree, nodes))
  return lost ? withEdits(joined, [...joined.edits, ["keep", nodes[0]]]) : joined
}

// whole branches of the tree are joined by a cut of their own, which holds wherever the cut moves
function join(tree, cut, clusters) {
  const nodes = clusters.flatMap(cluster => cluster.nodes).sort((a, b) => a - b)
  const size = nodes.reduce((sum, node) => sum + tree.size[node], 0)
  let branch = nodes[0]
  while (branch >= 0 && tree.size[branch] < size) branch = tree.parent[branch]
  const whole = branch >= 0 && tree.size[branch] === size && tree.height[branch] > 0 &&
    nodes.every(node => isWithin(tree, node, branch))
  if (!whole) return withEdits(cut, [...cut.edits, ["merge", ...nodes]])
  const inside = edit => edit[0] === "cut" && isWithin(tree, edit[1], branch)
  return cutBranch(withEdits(cut, without(cut.edits, inside)), branch, tree.height[branch])
}

export function judge(cut, clusters, keep) {
  const changed = clusters.filter(cluster => cluster.kept !== keep)
  if (changed.length === 0) return null
  const nodes = new Set(changed.flatMap(cluster => cluster.nodes))
  const others = without(cut.edits, e => (e[0] === "keep" || e[0] === "drop") && nodes.has(e[1]))
  // where the rules already say so, taking back the other word is enough
  const needed = changed.filter(cluster => !cluster.byHand)
  return withEdits(cut, [...others, ...needed.map(c => [keep ? "keep" : "drop", c.node])])
}

// everything done by hand that touches these vectors is forgotten
export function reset(tree, cut, vectors) {
  const touched = new Set(vectors)
  const touches = node => {
    for (const v of members(tree, node)) if (touched.has(v)) return true
    return false
  }
  const edits = without(cut.edits, edit => {
    const nodes = edit[0] === "cut" ? [edit[1]] : edit.slice(1)
    return nodes.some(node => node < tree.nodes && touches(node))
  })
  return edits.length === cut.edits.length ? null : withEdits(cut, edits)
}
