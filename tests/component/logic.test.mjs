// Pure logic of the workbench: cuts, edits, history, plateaus, scales, hits, files.

import assert from "node:assert/strict"
import { test } from "node:test"
import * as B from "../../assets/workbench/bench.js"
import { show } from "../../assets/workbench/bench.js"
import { mix, ramp } from "../../assets/canvas/colour.js"
import { decade, short } from "../../assets/canvas/text.js"
import { mergesUpTo, neededStudents } from "../../assets/workbench/branches.js"
import { clusterAt, cutTree, reason } from "../../assets/workbench/cut.js"
import { growTree, unpack } from "../../assets/workbench/data.js"
import { asCsv, asJson } from "../../assets/workbench/export.js"
import * as hands from "../../assets/workbench/hands.js"
import { find } from "../../assets/workbench/find.js"
import { branchAt, commonBranch, isInside, nearestPoint, withinLasso } from "../../assets/workbench/hit.js"
import { nearestPair } from "../../assets/workbench/matrix.js"
import { entries, lossRange, tintOf } from "../../assets/workbench/tint.js"
import * as past from "../../assets/workbench/history.js"
import { automaticHeight, plateauAt, plateaus } from "../../assets/workbench/plateau.js"
import { symbolOf } from "../../assets/workbench/look.js"
import { heightOf, shifted, ticks, value, zoomed } from "../../assets/workbench/scale.js"
import { reveal, revealOnMap, zoomMap, zoomTree } from "../../assets/workbench/view.js"
import { benchOf, cutAt, FIVE, LOOK, packed, RULES } from "./samples.mjs"

const tree = growTree(FIVE)
const nodes = found => [...found.kept, ...found.rejected].map(c => c.nodes)

test("bytes are unpacked as they were packed", () => {
  const text = '{"id": "x", "arrays": {"a": ["f8", 0, 2], "b": ["u1", 16, 3]}}'
  const json = text + " ".repeat((8 - ((text.length + 4) % 8)) % 8)
  const bytes = new Uint8Array(1 + 4 + json.length + 24)
  const view = new DataView(bytes.buffer)
  view.setUint32(1, json.length, true)
  bytes.set(new TextEncoder().encode(json), 5)
  view.setFloat64(5 + json.length, 1.5, true)
  view.setFloat64(13 + json.length, -2, true)
  bytes.set([7, 8, 9], 21 + json.length)
  // even where they begin at an odd address
  const facts = unpack(bytes.subarray(1))
  assert.deepEqual([...facts.a], [1.5, -2])
  assert.deepEqual([...facts.b], [7, 8, 9])
  assert.equal(facts.id, "x")
})

test("a cut, its verdicts and their reasons", () => {
  assert.equal(neededStudents({ ...tree, students: 10 }, 0.7), 7)
  assert.equal(neededStudents({ ...tree, students: 1 }, 0.5), 1)
  assert.deepEqual([0, 1e-9, 1e-3, 99].map(h => mergesUpTo(tree, h)), [0, 1, 2, 4])
  const found = cutTree(tree, cutAt(1e-3))
  assert.deepEqual(nodes(found), [[5], [6], [4]])
  assert.equal(found.kept.length, 2)
  assert.equal(reason(tree, cutAt(1e-3), found.rejected[0]), "found by 1 of 3 students, 2 needed")
  assert.equal(clusterAt(tree, found, 2), found.kept[1])
})

test("hands: split, own height, merge, keep, drop, reset", () => {
  const cut = cutAt(1e-3), { kept, rejected } = cutTree(tree, cut)
  const split = hands.split(tree, cut, kept[0])
  assert.deepEqual(nodes(cutTree(tree, split)), [[6], [0], [1], [4]])
  // merging a whole branch is a cut of its own that holds wherever the cut moves
  const joined = hands.merge(tree, cut, kept)
  assert.deepEqual(joined.edits, [["cut", 7, 1]])
  assert.deepEqual(nodes(cutTree(tree, { ...joined, height: 1e-12 })), [[7], [4]])
  // branches from different places of the tree are merged by name, and come apart again
  const far = hands.merge(tree, cut, [kept[0], rejected[0]])
  assert.deepEqual(far.edits, [["merge", 4, 5]])
  const [one] = cutTree(tree, far).kept
  assert.deepEqual([one.nodes, one.support, one.size], [[4, 5], 3, 3])
  assert.deepEqual(hands.split(tree, far, one).edits, [])
  const dropped = hands.judge(cut, kept, false)
  assert.equal(cutTree(tree, dropped).kept.length, 0)
  assert.deepEqual(hands.judge(dropped, cutTree(tree, dropped).rejected.filter(c => c.byHand), true).edits, [])
  assert.equal(hands.judge(cut, kept, true), null)
  assert.deepEqual(hands.reset(tree, dropped, [0]).edits, [["drop", 6]])
  assert.equal(hands.reset(tree, cut, [0]), null)
})

test("merged branches have the numbers of all their members, and what was kept stays kept", () => {
  const spread = [[1, 0, 0], [1, 1e-9, 0], [0, 1, 0], [0, 1, 1e-6], [0, 0, 3]]
  const wide = growTree({ ...FIVE, coordinates: Float64Array.from(spread.flat()), angle: Float64Array.of(0, 0, 80, 85) })
  const cut = cutAt(1e-3), { kept, rejected } = cutTree(wide, cut)
  // not brothers in the tree: both pairs are merged with the fifth
  const all = hands.merge(wide, cut, [kept[0], rejected[0]])
  assert.deepEqual(all.edits, [["merge", 4, 5]])
  const [one] = cutTree(wide, all).rejected
  assert.deepEqual([one.size, one.support, one.best], [3, 3, 0])
  assert.ok(Math.abs(one.angle - (180 / Math.PI) * Math.acos(1 / 3)) < 1e-6, String(one.angle))
  assert.ok(Math.abs(one.spread - Math.sqrt(10 / 3)) < 1e-9)
  assert.equal(reason(wide, all, one), "too wide: mean angle 70.5°, at most 30°; 2 branches merged by hand")
  const both = hands.judge(all, [one], true), again = cutTree(wide, both)
  const joined = hands.merge(wide, both, again.kept)
  assert.deepEqual(joined.edits.at(-1), ["keep", 8])
  const [root] = cutTree(wide, { ...joined, beta: 1 }).kept
  assert.deepEqual([root.size, root.kept], [5, true])
  const { clusters } = JSON.parse(asJson(wide, all, cutTree(wide, all), {}))
  const written = clusters.find(c => c.nodes.length === 2)
  assert.deepEqual([written.angle_degrees, written.spread, written.outgoing_norm], [one.angle, one.spread, 1])
})

test("equal vectors cannot be split, and ties come apart together", () => {
  const ties = growTree(packed([[0, 1, 0], [2, 3, 0.5], [4, 5, 0.5]], [0, 1, 2, 3]))
  assert.equal(hands.splitHeight(ties, 4), null)
  assert.equal(hands.splitHeight(ties, 0), null)
  const height = hands.splitHeight(ties, 6)
  assert.ok(height > 0 && height < 0.5)
  assert.deepEqual(nodes(cutTree(ties, cutAt(1, { edits: [["cut", 6, height]] }))), [[4], [2], [3]])
})

test("undo and redo know no limit, and what is unsent is known", () => {
  let history = past.startHistory([cutAt(1)], 0)
  for (let i = 1; i <= 5000; i++) history = past.push(history, cutAt(1 + i))
  assert.equal(past.push(history, cutAt(5001)), history)
  assert.equal(past.unsent(history).steps.length, 5000)
  history = past.acknowledged(history)
  for (let i = 0; i < 5000; i++) history = past.undo(history)
  assert.equal(past.now(history).height, 1)
  assert.equal(past.undo(history), history)
  history = past.redo(past.redo(history))
  assert.equal(past.now(history).height, 3)
  assert.deepEqual(past.unsent(history), { base: 5001, steps: [], at: 2 })
  history = past.push(history, cutAt(0.5))
  assert.deepEqual([history.steps.length, past.canRedo(history), past.unsent(history).base], [4, false, 3])
  assert.equal(past.now(past.corrected(history, cutAt(0.25))).height, 0.25)
})

test("plateaus are found, and the height that lies on one", () => {
  const found = plateaus(tree, 0.5, 30)
  assert.deepEqual(found.map(p => p.count), [1, 2, 1])
  assert.equal(plateauAt(found, tree, 1e-3).count, 2)
  assert.equal(plateauAt(found, tree, 1e-12), null)
  const height = automaticHeight(tree, 0.5, 30)
  assert.ok(height > 1e-6 && height < 1)
  const bench = benchOf(FIVE, cutAt(1e-8))
  assert.equal(B.atPlateau(bench, B.nextPlateau(bench, 1)).rule, "plateau")
  assert.equal(B.nextPlateau(bench, -1), null)
  assert.equal(B.nextPlateau(benchOf(FIVE, cutAt(1e-3)), -1).count, 1)
})

test("the rules' numbers are the tree's own", () => {
  const ruled = changes => growTree({ ...FIVE, rules: { ...RULES, ...changes } })
  const kept = changes => cutTree(ruled(changes), cutAt(1e-3)).kept.length
  assert.deepEqual([kept({}), kept({ leastStudents: 3 })], [2, 0])
  assert.equal(neededStudents(ruled({ gammaSlack: 0.5 }), 0.5), 2)
  const automatic = changes => plateauAt(plateaus(tree, 0.5, 30), tree, automaticHeight(ruled(changes), 0.5, 30)).count
  // 10^-6 to 1 holds two clusters, 10^-9 to 10^-6 one: of those none is long where all above 10^-6.1 is chance
  assert.deepEqual([automatic({}), automatic({ unrelated: 8e-7 })], [2, 1])
  assert.deepEqual([plateaus(ruled({}), 0.5, 30)[0].low, plateaus(ruled({ heightFloor: 1e-8 }), 0.5, 30)[0].low], [-9, -8])
})

test("a cut that moves within a plateau is no other picture", () => {
  const bench = benchOf(FIVE, cutAt(1e-3)), { version } = bench
  B.show(bench, cutAt(1e-4))
  assert.equal(bench.version, version)
  B.show(bench, cutAt(1e-8))
  assert.equal(bench.version, version + 1)
})

test("picking: a branch, more, less; what a word of the toolbar does with it", () => {
  const bench = benchOf(FIVE)
  assert.equal(B.handled(bench, "split"), null)
  B.pick(bench, { vectors: [], branch: 7 })
  assert.equal(B.touched(bench, bench.picked).length, 2)
  assert.deepEqual(B.handled(bench, "merge").edits, [["cut", 7, 1]])
  assert.deepEqual(B.handled(bench, "own").edits, [["cut", 7, 1e-3]])
  B.pick(bench, B.markOf(bench.tree, bench.found.kept[0]), true)
  assert.deepEqual(B.touched(bench, bench.picked), [bench.found.kept[1]])
  assert.deepEqual(B.handled(bench, "drop").edits, [["drop", 6]])
  B.pick(bench, null)
  assert.equal(bench.lit, null)
})

test("typed: so many clusters are kept, or a sentence says why not", () => {
  const bench = benchOf(FIVE, cutAt(1e-8))
  const two = B.cutInto(bench, 2)
  assert.equal(cutTree(bench.tree, two.cut).kept.length, 2)
  // the longest stretch of height that keeps two is the automatic one
  assert.equal(two.cut.rule, "plateau")
  assert.equal(cutTree(bench.tree, B.cutInto(bench, 1).cut).kept.length, 1)
  assert.equal(B.cutInto(bench, 7).words, "No height keeps exactly 7 clusters (γ 0.5, β 30°); the nearest that can be had: 2.")
  for (const wrong of [0, -1, 1.5, NaN]) assert.match(B.cutInto(bench, wrong).words, /a whole number from 1 on/)
  // what hands decided counts: one of two is dropped wherever both are
  show(bench, cutAt(1e-3, { edits: [["drop", 5]] }))
  const one = B.cutInto(bench, 1).cut
  assert.equal(cutTree(bench.tree, one).kept.length, 1)
  assert.match(B.cutInto(bench, 2).words, /exactly 2 clusters .*done by hand\).*can be had: 1\.$/)
  assert.match(B.cutInto(benchOf(packed([], [])), 1).words, /^No height keeps exactly 1 cluster \(γ 0.5, β 30°\)\.$/)
})

test("found: a neuron, a student, a cluster, or a sentence", () => {
  const bench = benchOf(FIVE), at = text => find(bench, text).mark?.vectors
  for (const text of ["3.5", "student 3, neuron 5", "3 5", "s3 n5", "Student 3 neuron 5"]) assert.deepEqual(at(text), [4], text)
  assert.deepEqual(at("student 1"), [0, 2])
  assert.deepEqual(at("2"), [1, 3])
  assert.deepEqual(at("cluster 2"), [2, 3])
  assert.match(find(bench, "9.1").words, /no? vector of a student 9 .* students 1 to 3\.$/i)
  assert.match(find(bench, "1.2").words, /^Student 1 has no neuron 2 in the tree, only 1 and 3: dead/)
  assert.match(find(bench, "the best").words, /names nothing here/)
  assert.match(find(bench, "cluster 7").words, /No cluster 7/)
})

test("vectors picked one by one stand out from their clusters", () => {
  const bench = benchOf(FIVE)
  B.pick(bench, { vectors: [0], branch: -1, only: true })
  assert.deepEqual([...bench.lit.only], [0])
  B.pick(bench, { vectors: [3], branch: -1, only: true }, true)
  assert.deepEqual([...bench.lit.only], [0, 3])
  assert.equal(bench.lit.clusters.size, 2)
  B.pick(bench, B.markOf(bench.tree, bench.found.kept[0]), true)
  assert.equal(bench.lit.only, null)
})

test("a cell of the distances: the nearest pair, and the smallest branch with both", () => {
  const bench = benchOf(FIVE), box = { w: 264, h: 216 }
  for (const [x, y] of [[8, 8], [207.9, 207.9], [-5, 1e4], [260, 100]]) assert.ok(nearestPair(bench, box, x, y))
  const far = nearestPair(bench, box, 1e4, -1e4)
  assert.deepEqual([far.a, far.b], [0, 4])
  assert.equal(nearestPair(benchOf(packed([], [])), box, 9, 9), null)
  assert.equal(commonBranch(bench.tree, 0, 4), 8)
  assert.equal(commonBranch(bench.tree, 2, 3), 6)
  assert.equal(commonBranch(bench.tree, 2, 2), 2)
})

// tests/pages/test_live.py holds the same for the other pictures
test("colours: sixteen students look as in every other picture", () => {
  const student = Array.from({ length: 16 }, (_, s) => s)
  const palette = ["#000001", "#000002", "#000003", "#000004", "#000005", "#000006"]
  const of = tintOf({ tree: { student }, look: { palette, marks: LOOK.marks }, colourBy: "student" })
  assert.deepEqual([0, 5, 6, 13].map(of), [
    { kind: "circle", colour: "#000001" }, { kind: "circle", colour: "#000006" },
    { kind: "square", colour: "#000001" }, { kind: "triangle", colour: "#000002" },
  ])
  assert.equal(new Set(student.map(v => JSON.stringify(of(v)))).size, 16)
})

test("colours: by cluster, by student, by loss", () => {
  const bench = benchOf({ ...FIVE, loss: Float64Array.of(0, 1e-20, 1e-10, 1, NaN) })
  bench.colourBy = "student"
  const own = tintOf(bench)
  assert.deepEqual([0, 2].map(v => own(v).colour), [own(0).colour, own(0).colour])
  assert.notEqual(own(0).colour + own(0).kind, own(1).colour + own(1).kind)
  assert.deepEqual(entries(bench).map(e => e.text), ["1", "2", "3"])
  bench.colourBy = "loss"
  assert.deepEqual(lossRange(bench.tree), [-20, 0])
  const by = tintOf(bench), seen = [0, 1, 2, 3, 4].map(v => by(v).colour)
  assert.equal(seen[0], seen[1])
  assert.equal(seen[3], seen[4])
  assert.equal(new Set(seen).size, 3)
  assert.ok(seen.every(colour => /^#[0-9a-f]{6}$/.test(colour)))
})

test("the truth: found, missing, too many", () => {
  const bench = benchOf(FIVE)
  assert.equal(B.judged(bench), null)
  bench.truth = {
    neurons: 3, nearest: Int32Array.of(0, 0, 0, 0, 1), distance: Float64Array.of(1e-9, 0.1, 1e-3, 0.1, 0.1),
    tolerance: Float64Array.of(0.01, 0.01, 0.01),
  }
  const { found, missing, extra, worst } = B.judged(bench)
  assert.deepEqual([found, missing, extra, worst], [1, 2, 1, 1e-3])
})

test("what is under the pointer", () => {
  assert.equal(nearestPoint([0, 0, 10, 10], 9, 9, 3), 1)
  assert.equal(nearestPoint([0, 0, 10, 10], 5, 5, 3), -1)
  const square = [[0, 0], [10, 0], [10, 10], [0, 10]]
  assert.ok(isInside(square, 5, 5) && !isInside(square, 15, 5))
  assert.deepEqual(withinLasso([1, 1, 20, 20, 9, 9], square), [0, 2])
  assert.equal(branchAt(tree, 0, 1e-12), 0)
  assert.equal(branchAt(tree, 0.2, 1e-3), 5)
  assert.equal(branchAt(tree, 2, 5), 7)
  assert.equal(branchAt(tree, -3, 5), -1)
})

test("axes: logarithmic and linear, zoomed and moved, never beyond the whole", () => {
  assert.equal(value(0, true), -17)
  assert.equal(heightOf(value(1e-9, true), true), 1e-9)
  for (const v of [309, 1e9]) assert.equal(heightOf(v, true), Number.MAX_VALUE)
  assert.ok(heightOf(-400, true) > 0)
  assert.equal(hands.splitHeight(growTree(packed([[0, 1, Number.MIN_VALUE]], [0, 1])), 2), null)
  assert.deepEqual(zoomed([0, 10], 5, 0.5, [0, 10], 1), [2.5, 7.5])
  assert.deepEqual(zoomed([2, 4], 3, 100, [0, 10], 1), [0, 10])
  assert.deepEqual(shifted([2, 4], 99, [0, 10]), [8, 10])
  assert.equal(ticks([-18, 1], true, 6)[0].label, "≤ 10⁻¹⁷")
  assert.deepEqual(ticks([0, 1], false, 5).map(t => t.label), ["0", "0.2", "0.4", "0.6", "0.8", "1"])
  assert.deepEqual([short(0), short(1.23e-7), short(0.5), short(NaN)], ["0", "1.2·10⁻⁷", "0.5", "–"])
  assert.deepEqual([decade(1e-12), decade(0)], ["−12.0", "−∞"])
})

test("by keyboard: what is gone to comes into view, and the map is zoomed about it", () => {
  const bench = benchOf(FIVE), { view } = bench
  zoomTree(bench, 0.1, 0, null)
  const wide = view.x1 - view.x0
  reveal(bench, 4)
  assert.ok(view.x0 <= 4 && view.x1 >= 4)
  assert.ok(Math.abs(view.x1 - view.x0 - wide) < 1e-9)
  const before = { ...view }
  reveal(bench, 4)
  assert.deepEqual({ ...view }, before)
  Object.assign(view, { lo: -17, hi: -12 })
  reveal(bench, 8)
  assert.ok(view.lo <= 1 && view.hi >= 1)
  const box = { w: 100, h: 60 }
  zoomMap(bench, 2, 80, 30, box)
  assert.deepEqual(bench.mapZoom, { k: 2, x: -30, y: 0 })
  assert.equal(revealOnMap(bench, 10, 10, box), false)
  assert.equal(revealOnMap(bench, 150, -10, box), true)
  assert.deepEqual(bench.mapZoom, { k: 2, x: -130, y: 40 })
  zoomMap(bench, 0.01, 0, 0, box)
  assert.deepEqual(bench.mapZoom, { k: 1, x: 0, y: 0 })
})

test("colours: symbols go with them, mixtures lie between", () => {
  assert.equal(symbolOf(-1), "open")
  assert.notEqual(symbolOf(0), symbolOf(6))
  assert.equal(mix("#000000", "#FFFFFF", 0.5), "rgb(128,128,128)")
  assert.deepEqual([ramp(["#000000", "#FFFFFF"])[0], ramp(["#000000", "#FFFFFF"])[255]], [[0, 0, 0], [255, 255, 255]])
})

test("files: every vector is in them", () => {
  const cut = cutAt(1e-3), found = cutTree(tree, cut)
  const { settings, clusters } = JSON.parse(asJson(tree, cut, found, {}))
  assert.deepEqual(settings, cut)
  assert.equal(clusters.flatMap(c => c.members).length, 5)
  const lines = asCsv(tree, cut, found).trim().split("\n")
  assert.equal(lines.length, 6)
  assert.ok(lines[1].startsWith("1,true,1,1,"))
  assert.ok(lines[5].includes('"found by 1 of 3 students, 2 needed"'))
  // its own numbers, and its place on every map there is
  const heads = lines[0].split(",").slice(-7), umap = new Float32Array(10).map((_, i) => 10 + i)
  assert.deepEqual(heads.slice(-5), ["w1", "w2", "b", "pca_x", "pca_y"])
  const both = asCsv(tree, cut, found, { pca: tree.map, umap }).trim().split("\n")
  assert.ok(both[0].endsWith("pca_x,pca_y,umap_x,umap_y"))
  const v = Number(both[1].split(",")[3]) - 1
  assert.deepEqual(both[1].split(",").slice(-7).map(Number), [1, 1, 1, tree.map[2 * v], tree.map[2 * v + 1], umap[2 * v], umap[2 * v + 1]])
})
