// Counts of clusters at every height, their plateaus, and the rules that choose a height.
// Mirrors counts_of, plateaus, last_long, automatic_cut and paper_cut in ec_core/cluster; the numbers
// come with the tree.

import { neededStudents } from "./branches.js"

/**
 * clusters after all merges at each merge height or below
 * @param {Tree} tree @param {(node: number) => boolean} passes which merges count
 * @param {boolean} leafPasses
 */
export function countsOf(tree, passes, leafPasses) {
  const m = tree.vectors, merges = tree.nodes - m
  const change = new Int32Array(merges + 1)
  for (let node = leafPasses ? 0 : m; node < tree.nodes; node++) {
    if (node >= m && !passes(node)) continue
    if (node >= m) change[node - m] += 1
    if (tree.parent[node] >= 0) change[tree.parent[node] - m] -= 1
  }
  const count = new Int32Array(merges)
  let running = leafPasses ? m : 0
  for (let k = 0; k < merges; k++) count[k] = running += change[k]
  for (let k = merges - 2; k >= 0; k--) {
    if (tree.height[m + k] === tree.height[m + k + 1]) count[k] = count[k + 1]
  }
  return count
}

/** @param {Tree} tree @param {number} gamma @param {number} beta */
export function counts(tree, gamma, beta) {
  const needed = neededStudents(tree, gamma)
  return countsOf(tree, node => tree.support[node] >= needed && tree.angle[node] <= beta, needed <= 1)
}

/** heights below the floor are rounding; all of them count as it @param {Tree} tree @param {number} height */
function decades({ rules }, height) {
  return Math.log10(Math.max(height, rules.heightFloor))
}

/**
 * stretches of log10 of the height, lowest first, those without clusters left out
 * @param {Tree} tree @param {number} gamma @param {number} beta
 */
export function plateaus(tree, gamma, beta, count = counts(tree, gamma, beta)) {
  const m = tree.vectors, merges = tree.nodes - m
  /** @type {Plateau[]} */
  const found = []
  let low = decades(tree, 0), now = neededStudents(tree, gamma) <= 1 ? m : 0
  const top = Math.max(merges ? decades(tree, tree.height[tree.nodes - 1]) : low, decades(tree, tree.scale))
  for (let k = 0; k <= merges; k++) {
    const high = k < merges ? decades(tree, tree.height[m + k]) : top
    if (high > low) {
      const last = found[found.length - 1]
      if (last && last.count === now) last.high = high
      else found.push({ low, high, count: now })
    }
    low = high
    if (k < merges) now = count[k]
  }
  return found.filter(plateau => plateau.count > 0)
}

/** @param {Plateau} plateau */
export function lengthOf({ low, high }) {
  return high - low
}

/** @param {Plateau} plateau */
export function middle({ low, high }) {
  return 10 ** (0.5 * (low + high))
}

/** the highest of the long ones, null where there is none at all @param {Plateau[]} found @param {Tree} tree */
export function lastLong(found, tree) {
  if (found.length === 0) return null
  const { longDecades, longShare, unrelated } = tree.rules, ceiling = decades(tree, unrelated * tree.scale)
  const lengths = found.map(p => Math.min(p.high, ceiling) - p.low)
  const enough = Math.min(longDecades, longShare * lengths.reduce((a, b) => Math.max(a, b)))
  if (enough <= 0) return found.reduce((a, b) => (lengthOf(b) > lengthOf(a) ? b : a))
  // the longest is long enough
  return found[lengths.findLastIndex(length => length >= enough)]
}

/** the middle of the widest gap between merge heights @param {Tree} tree */
function widestGap(tree) {
  const edges = [decades(tree, 0)]
  for (let node = tree.vectors; node < tree.nodes; node++) edges.push(decades(tree, tree.height[node]))
  if (edges.length < 3) edges.push(Math.max(edges[edges.length - 1], decades(tree, tree.scale)))
  let at = 0
  for (let i = 1; i + 1 < edges.length; i++) {
    if (edges[i + 1] - edges[i] > edges[at + 1] - edges[at]) at = i
  }
  return 10 ** (0.5 * (edges[at] + edges[at + 1]))
}

/** @param {Tree} tree @param {number} gamma @param {number} beta */
export function automaticHeight(tree, gamma, beta) {
  const chosen = lastLong(plateaus(tree, gamma, beta), tree)
  return chosen === null ? widestGap(tree) : middle(chosen)
}

/** @param {Tree} tree @param {number} gamma */
export function paperHeight(tree, gamma) {
  const m = tree.vectors, needed = neededStudents(tree, gamma), floor = tree.rules.heightFloor
  const large = countsOf(tree, node => tree.size[node] >= needed, needed <= 1)
  if (large.every(count => count === 0)) return widestGap(tree)
  let lowest = 0
  while (lowest + 1 < large.length && tree.height[m + lowest + 1] <= floor) lowest++
  let at = lowest
  for (let k = lowest; k < large.length; k++) if (large[k] > large[at]) at = k
  const low = Math.max(tree.height[m + at], floor)
  let next = at
  while (next < large.length && tree.height[m + next] <= low) next++
  if (next === large.length) return low
  const between = Math.sqrt(low * tree.height[m + next])
  return between >= tree.height[m + next] ? low : Math.max(low, between)
}

/** the plateau that a height lies on, or null @param {Plateau[]} found @param {Tree} tree @param {number} height */
export function plateauAt(found, tree, height) {
  const at = decades(tree, height)
  return found.find(p => p.low <= at && at < p.high) ?? null
}
