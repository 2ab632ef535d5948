// What is under the pointer: nearest points, branches of the tree, points within a lasso.

import { isWithin } from "./data.js"

/**
 * nearest of points (x, y interleaved, on the screen) within reach, -1 if there is none
 * @param {ArrayLike<number>} points @param {number} x @param {number} y @param {number} reach
 */
export function nearestPoint(points, x, y, reach) {
  let best = -1, least = reach * reach
  for (let i = 0; 2 * i < points.length; i++) {
    const dx = points[2 * i] - x, dy = points[2 * i + 1] - y, d = dx * dx + dy * dy
    if (d <= least) { least = d; best = i }
  }
  return best
}

/** @param {[number, number][]} polygon @param {number} x @param {number} y */
export function isInside(polygon, x, y) {
  let inside = false
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [ax, ay] = polygon[i], [bx, by] = polygon[j]
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside
  }
  return inside
}

/** @param {ArrayLike<number>} points @param {[number, number][]} polygon */
export function withinLasso(points, polygon) {
  const found = []
  for (let i = 0; 2 * i < points.length; i++) {
    if (isInside(polygon, points[2 * i], points[2 * i + 1])) found.push(i)
  }
  return found
}

/**
 * The branch at a place (fraction of leaves) and height: the smallest one that is there, so that
 * pointing into the empty space between two branches finds the one that holds both.
 * @param {Tree} tree @param {number} place @param {number} height
 */
export function branchAt(tree, place, height) {
  const leaf = Math.round(place)
  if (leaf < 0 || leaf >= tree.vectors) return -1
  let node = tree.order[leaf]
  while (tree.parent[node] >= 0 && tree.height[node] < height) {
    const parent = tree.parent[node]
    // a stem belongs to the branch that hangs on it
    if (tree.height[parent] > height) break
    node = parent
  }
  return node
}

/** the smallest branch that holds both vectors @param {Tree} tree @param {number} a @param {number} b */
export function commonBranch(tree, a, b) {
  let node = a
  while (tree.parent[node] >= 0 && !isWithin(tree, b, node)) node = tree.parent[node]
  return node
}

/**
 * distance of a point to the line w1 x + w2 y + b = 0
 * @param {number} w1 @param {number} w2 @param {number} b @param {number} x @param {number} y
 */
export function fromLine(w1, w2, b, x, y) {
  const norm = Math.hypot(w1, w2)
  return norm > 0 ? Math.abs(w1 * x + w2 * y + b) / norm : Infinity
}
