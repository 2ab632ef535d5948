// Small trees without Python: what view.py would have packed.

import { growTree } from "../../assets/workbench/data.js"
import { makeBench, show } from "../../assets/workbench/bench.js"

export const LOOK = {
  palette: ["#0072B2", "#D55E00", "#009E73"], nearness: ["#000000", "#FFFFFF"], text: "#111111",
  muted: "#666666", trunk: "#888888", grid: "#EEEEEE", faint: "#BBBBBB", paper: "#FFFFFF",
  accent: "#D55E00", blue: "#0072B2", truth: "#C65300", marks: ["circle", "square", "triangle", "diamond"],
}

// those of view.py, which the tests that compare with Python take from it
export const RULES = {
  leastStudents: 2, gammaSlack: 1e-9, heightFloor: 1e-15, longDecades: 1, longShare: 0.4, unrelated: 0.5,
  tinyNorm: 1e-12, homeGamma: 0.5, homeBeta: 30,
}

// merges: [left, right, height, angle?]; students: one per vector
export function packed(merges, students, { inputs = 2, angles = {} } = {}) {
  const m = students.length, nodes = m + merges.length
  const below = Array.from({ length: nodes }, (_, i) => (i < m ? [i] : null))
  merges.forEach(([a, b], k) => { below[m + k] = [...below[a], ...below[b]] })
  const order = m === 0 ? [] : merges.length ? below[nodes - 1] : [0]
  const per = f => merges.map((merge, k) => f(below[m + k], merge, k))
  return {
    id: "sample", vectors: m, inputs, students: new Set(students).size, scale: 1, activation: "g",
    lowestDecade: -17, levelsPerDecade: 12, rules: RULES,
    left: Int32Array.from(per((_, [a]) => a)), right: Int32Array.from(per((_, [, b]) => b)),
    height: Float64Array.from(per((_, merge) => merge[2])),
    size: Int32Array.from(per(all => all.length)),
    support: Int32Array.from(per(all => new Set(all.map(v => students[v])).size)),
    angle: Float64Array.from(per((_, __, k) => angles[m + k] ?? 0)),
    spread: Float64Array.from(per((_, merge) => merge[2] / 2)),
    best: Int32Array.from(per(all => Math.min(...all))),
    order: Int32Array.from(order), student: Int32Array.from(students),
    neuron: Int32Array.from(students.map((_, i) => i)), sign: new Int32Array(m).fill(1),
    loss: new Float64Array(m), norm: new Float64Array(m).fill(1), strength: new Float64Array(m).fill(1),
    features: inputs + 1, coordinates: new Float64Array((inputs + 1) * m).fill(1),
    map: new Float32Array(2 * m).map((_, i) => i % 5), lines: new Float32Array(3 * m).fill(1),
    matrixPlaces: Int32Array.from({ length: Math.min(m, 50) }, (_, i) => i),
    matrix: new Uint8Array(Math.min(m, 50) ** 2).fill(9),
  }
}

// two pairs that merge at 1e-9 and 1e-6, both at 1; a fifth far away at 10
export const FIVE = packed([[0, 1, 1e-9], [2, 3, 1e-6], [5, 6, 1], [7, 4, 10]], [0, 1, 0, 1, 2])

export function cutAt(height, more = {}) {
  return { height, gamma: 0.5, beta: 30, rule: "hand", edits: [], ...more }
}

export function benchOf(sample, cut = cutAt(1e-3)) {
  const bench = makeBench(sample)
  bench.look = LOOK
  show(bench, cut)
  return bench
}

// a random tree of any size, made as average linkage would: heights ascend
export function randomTree(m, seed = 1) {
  let state = seed
  const random = () => (state = (state * 16807) % 2147483647) / 2147483647
  const alive = Array.from({ length: m }, (_, i) => i), merges = []
  for (let k = 0; k + 1 < m; k++) {
    const take = () => {
      const at = Math.floor(random() * alive.length), node = alive[at]
      alive[at] = alive[alive.length - 1]
      alive.pop()
      return node
    }
    merges.push([take(), take(), 10 ** (-12 + (13 * k) / m)])
    alive.push(m + k)
  }
  return { merges, students: Array.from({ length: m }, (_, i) => i % 10), growTree }
}
