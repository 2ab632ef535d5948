// Counts of clusters at every height, their plateaus, and the rules that choose a height.
// Mirrors counts_of, plateaus, last_long, automatic_cut and paper_cut in ec_core/cluster.

import { neededStudents } from "./branches.js"

export const HEIGHT_FLOOR = 1e-15
const LONG_DECADES = 1.0, LONG_SHARE = 0.4, UNRELATED = 0.5

// clusters after all merges at each merge height or below; passes(node) says which count
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

export function counts(tree, gamma, beta) {
  const needed = neededStudents(tree.students, gamma)
  const passes = node => tree.support[node] >= needed && tree.angle[node] <= beta
  return countsOf(tree, passes, needed <= 1)
}

function decades(height) {
  return Math.log10(Math.max(height, HEIGHT_FLOOR))
}

// stretches { low, high, count } in log10 of the height, lowest first, zeros left out
export function plateaus(tree, gamma, beta, count = counts(tree, gamma, beta)) {
  const m = tree.vectors, merges = tree.nodes - m
  const alone = neededStudents(tree.students, gamma) <= 1 ? m : 0
  const found = []
  let low = decades(0), now = alone
  const top = Math.max(merges ? decades(tree.height[tree.nodes - 1]) : low, decades(tree.scale))
  for (let k = 0; k <= merges; k++) {
    const high = k < merges ? decades(tree.height[m + k]) : top
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

export function middle(plateau) {
  return 10 ** (0.5 * (plateau.low + plateau.high))
}

// the highest of the long ones, null where there is none at all
export function lastLong(found, scale) {
  if (found.length === 0) return null
  const ceiling = decades(UNRELATED * scale)
  const lengths = found.map(p => Math.min(p.high, ceiling) - p.low)
  const enough = Math.min(LONG_DECADES, LONG_SHARE * lengths.reduce((a, b) => Math.max(a, b)))
  if (enough <= 0) {
    return found.reduce((a, b) => (b.high - b.low > a.high - a.low ? b : a))
  }
  return found.filter((_, i) => lengths[i] >= enough).pop()
}

function widestGap(tree) {
  const edges = [decades(0)]
  for (let node = tree.vectors; node < tree.nodes; node++) edges.push(decades(tree.height[node]))
  if (edges.length < 3) edges.push(Math.max(edges[edges.length - 1], decades(tree.scale)))
  let at = 0
  for (let i = 1; i + 1 < edges.length; i++) {
    if (edges[i + 1] - edges[i] > edges[at + 1] - edges[at]) at = i
  }
  return 10 ** (0.5 * (edges[at] + edges[at + 1]))
}

export function automaticHeight(tree, gamma, beta) {
  const chosen = lastLong(plateaus(tree, gamma, beta), tree.scale)
  return chosen === null ? widestGap(tree) : middle(chosen)
}

export function paperHeight(tree, gamma) {
  const m = tree.vectors, needed = neededStudents(tree.students, gamma)
  const large = countsOf(tree, node => tree.size[node] >= needed, needed <= 1)
  if (large.every(count => count === 0)) return widestGap(tree)
  let lowest = 0
  while (lowest + 1 < large.length && tree.height[m + lowest + 1] <= HEIGHT_FLOOR) lowest++
  let at = lowest
  for (let k = lowest; k < large.length; k++) if (large[k] > large[at]) at = k
  const low = Math.max(tree.height[m + at], HEIGHT_FLOOR)
  let next = at
  while (next < large.length && tree.height[m + next] <= low) next++
  if (next === large.length) return low
  const between = Math.sqrt(low * tree.height[m + next])
  return between >= tree.height[m + next] ? low : Math.max(low, between)
}

// the plateau that a height lies on, or null
export function plateauAt(found, height) {
  const at = Math.log10(Math.max(height, HEIGHT_FLOOR))
  return found.find(p => p.low <= at && at < p.high) ?? null
}
