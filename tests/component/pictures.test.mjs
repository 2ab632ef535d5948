// Every picture is drawn, as SVG, from good and from bad trees: no NaN reaches it, nothing throws.

import assert from "node:assert/strict"
import { test } from "node:test"
import { drawCounts } from "../../assets/workbench/counts.js"
import { drawTree } from "../../assets/workbench/dendrogram.js"
import { drawMap } from "../../assets/workbench/map.js"
import { drawPlane } from "../../assets/workbench/plane.js"
import { hoverOn, pick, show } from "../../assets/workbench/bench.js"
import { setLog } from "../../assets/workbench/view.js"
import { CHOICES } from "../../assets/workbench/tint.js"
import { SvgPen, svgOf } from "../../assets/workbench/pen.js"
import { benchOf, cutAt, FIVE, packed, randomTree } from "./samples.mjs"

const BOX = { w: 500, h: 300 }
const DRAW = { drawTree, drawCounts, drawMap, drawPlane }

function pictures(bench) {
  return Object.entries(DRAW).map(([name, draw]) => {
    const pen = new SvgPen(BOX.w, BOX.h)
    draw(pen, BOX, bench, 0)
    const svg = svgOf([{ pen, x: 0, y: 0 }], BOX.w, BOX.h, "#FFFFFF")
    assert.ok(!/NaN|undefined|Infinity/.test(svg), `${name}: ${svg.match(/.{30}(NaN|undefined|Infinity).{20}/)?.[0]}`)
    return svg
  })
}

const equal = packed([[0, 1, 0], [2, 3, 0], [4, 5, 0]], [0, 1, 2, 3])

const TREES = {
  "a small tree": FIVE,
  "no vectors": packed([], []),
  "one vector": packed([], [0]),
  "two vectors": packed([[0, 1, 0.3]], [0, 1]),
  "all vectors equal, heights of zero": equal,
  "vectors of which the maps know nothing": { ...FIVE, map: new Float32Array(10), lines: new Float32Array(15) },
}

for (const [name, sample] of Object.entries(TREES)) {
  test(`drawn: ${name}`, () => {
    for (const log of [true, false]) {
      for (const height of [1e-17, 1e-3, 50]) {
        const bench = benchOf(sample, cutAt(height))
        setLog(bench, log)
        for (const choice of CHOICES) {
          bench.colourBy = choice
          pictures(bench)
        }
        if (sample.vectors > 1) {
          pick(bench, { vectors: [], branch: sample.vectors })
          hoverOn(bench, { vectors: [0], branch: -1 })
          show(bench, cutAt(height, { edits: [["cut", sample.vectors, 0.1], ["drop", 0], ["keep", 999]] }))
          pictures(bench)
        }
      }
    }
  })
}

test("a picture holds the cut, the clusters' colours and their numbers", () => {
  const [tree, counts] = pictures(benchOf(FIVE))
  assert.ok(tree.includes("#0072B2") && tree.includes("#D55E00") && tree.includes(">1<"))
  assert.ok(counts.includes("clusters →") && counts.includes("automatic"))
  assert.ok(tree.startsWith("<svg xmlns") && tree.endsWith("</svg>"))
})

// how often numbers of a tree are read: what a cut costs, without a clock
function countReads(tree) {
  const counter = { count: 0, stop: () => Object.assign(tree, plain) }, plain = {}
  for (const name of ["parent", "height", "size", "support", "angle", "spread", "first", "left", "right"]) {
    plain[name] = tree[name]
    tree[name] = new Proxy(tree[name], {
      get: (values, key) => { counter.count++; return values[key] },
    })
  }
  return counter
}

test("20,000 vectors: a cut is one pass over the tree, whatever it cuts", () => {
  const { merges, students } = randomTree(20_000)
  // building the sample is quadratic in the worst case: only sizes are needed here
  const m = students.length, size = new Int32Array(m + merges.length).fill(1), mask = new Int32Array(m + merges.length)
  students.forEach((s, i) => { mask[i] = 1 << s })
  merges.forEach(([a, b], k) => { size[m + k] = size[a] + size[b]; mask[m + k] = mask[a] | mask[b] })
  const order = [], waiting = [m + merges.length - 1]
  while (waiting.length) {
    const node = waiting.pop()
    if (node < m) order.push(node)
    else waiting.push(merges[node - m][1], merges[node - m][0])
  }
  const bits = n => { let c = 0; for (let left = n; left; left &= left - 1) c++; return c }
  const base = packed([], students)
  const sample = {
    ...base, order: Int32Array.from(order),
    left: Int32Array.from(merges, x => x[0]), right: Int32Array.from(merges, x => x[1]),
    height: Float64Array.from(merges, x => x[2]), size: size.slice(m), support: Int32Array.from(mask.slice(m), bits),
    angle: new Float64Array(merges.length), spread: new Float64Array(merges.length), best: new Int32Array(merges.length),
  }
  const bench = benchOf(sample), read = countReads(bench.tree)
  for (let k = 0; k < 40; k++) {
    read.count = 0
    show(bench, cutAt(10 ** (-12 + 0.3 * k)))
    assert.ok(read.count > 0 && read.count <= 8 * bench.tree.nodes, `${read.count} of ${bench.tree.nodes}`)
  }
  read.stop()
  pictures(bench)
})
