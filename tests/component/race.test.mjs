// Where things are in the picture of a race.

import assert from "node:assert/strict"
import { test } from "node:test"
import { decades, endOf, grown, panels, scaleOf, spanOf, spread, statesOf, ticks } from "../../assets/live/race_layout.js"

const LINE = 1e-11

/** a curve that falls from 1 by so many decades in each iteration */
function curve(name, iterations, decadesEach) {
  const at = Array.from({ length: iterations }, (_, i) => i + 1)
  return { name, at, losses: at.map(i => 10 ** (-decadesEach * i)), style: ["#000000", [], "circle"] }
}

function heat(...curves) {
  return { title: "one hidden layer of 8 neurons", short: "8", curves }
}

test("a curve ends at its last point that is a number", () => {
  assert.deepEqual(endOf({ ...curve("tanh", 3, 1), losses: [0.1, 0.01, null] }), { at: 2, loss: 0.01 })
  assert.equal(endOf({ ...curve("tanh", 2, 1), losses: [null, null] }), null)
})

test("who goes on races, who was left is behind, who passes the line has dived", () => {
  const mid = heat(curve("tanh", 12, 0.5), curve("relu", 6, 0.1), curve("gelu", 11, 0.2))
  assert.deepEqual(statesOf(mid, LINE, false), ["racing", "behind", "racing"])
  const end = heat(curve("tanh", 12, 2), curve("relu", 6, 0.1), curve("gelu", 12, 0.2))
  assert.deepEqual(statesOf(end, LINE, false), ["dived", "behind", "racing"])
  assert.deepEqual(statesOf(end, LINE, true), ["dived", "behind", "behind"])
})

test("one that has dived early is not behind, though the others go on", () => {
  const both = heat(curve("tanh", 8, 2), curve("gelu", 24, 0.2))
  assert.deepEqual(statesOf(both, LINE, false), ["dived", "racing"])
})

test("there is room to the end of the round", () => {
  assert.deepEqual([1, 6, 7, 13, 48].map(n => spanOf(heat(curve("tanh", n, 1)))), [6, 6, 12, 24, 48])
  assert.equal(spanOf(heat()), 6)
})

test("heats stand side by side, and the newest is never small", () => {
  const [only] = panels([48], 50, 850)
  assert.deepEqual(only, { left: 50, right: 850 })
  const three = panels([48, 48, 6], 50, 850)
  assert.equal(three[0].left, 50)
  assert.ok(Math.abs(three[2].right - 850) < 1e-9)
  for (let i = 1; i < 3; i++) assert.ok(three[i].left > three[i - 1].right)
  assert.ok(three[2].right - three[2].left > 0.3 * 800)
})

test("names stand apart, in the order of the ends, near them and inside", () => {
  const ends = [400, 20, 21, 22, 22, 150], places = spread(ends, 14, 10, 410)
  const order = ends.map((_, i) => i).sort((a, b) => ends[a] - ends[b])
  for (let k = 1; k < order.length; k++) assert.ok(places[order[k]] - places[order[k - 1]] >= 14 - 1e-9)
  assert.equal(places[0], 400)
  assert.equal(places[5], 150)
  assert.ok(Math.min(...places) >= 10 && Math.max(...places) <= 410)
})

test("names of as many as there is no room for share the room there is", () => {
  const places = spread(new Array(40).fill(5), 14, 0, 200)
  assert.ok(Math.min(...places) >= -1e-9 && Math.max(...places) <= 200 + 1e-9)
  assert.equal(new Set(places.map(y => y.toFixed(6))).size, 40)
})

test("groups that come to touch become one", () => {
  const places = spread([100, 100, 120, 121], 14, 0, 400).sort((a, b) => a - b)
  for (let i = 1; i < 4; i++) assert.ok(Math.abs(places[i] - places[i - 1] - 14) < 1e-9)
  assert.ok(Math.abs((places[0] + places[3]) / 2 - 110.25) < 1e-9)
})

test("a curve grows between two of its points along the line on the screen", () => {
  const one = curve("tanh", 3, 2), X = at => 10 * at, Y = loss => Math.sqrt(-Math.log10(loss))
  const drawn = until => grown(one, until, X, Y)
  assert.deepEqual(drawn(2).map(p => p.at), [1, 2])
  const [, from, head] = drawn(2.5), [, , to] = drawn(3)
  assert.ok(Math.abs(head.x - 25) < 1e-9)
  assert.ok(Math.abs(head.y - (from.y + to.y) / 2) < 1e-9)
  assert.deepEqual(drawn(9).map(p => p.at), [1, 2, 3])
  assert.deepEqual(drawn(0), [])
})

test("the whole way down is shown from the start", () => {
  const start = { heats: [heat(curve("tanh", 1, 0.1))], floor: 1e-25, line: LINE }
  const range = decades(start)
  assert.ok(range.low <= -26 && range.high >= 0)
  const coarse = decades({ ...start, floor: 1e-13, line: 4e-13 })
  assert.ok(coarse.low > range.low)
  const Y = scaleOf(range, 30, 400)
  assert.equal(Y(10 ** range.high), 30)
  assert.equal(Y(10 ** range.low), 400)
  // where the wrong ones stall a decade is taller than where the right one falls
  assert.ok(Y(1e-2) - Y(1e-1) > 2 * (Y(1e-22) - Y(1e-21)))
  const named = ticks(range, Y)
  assert.ok(named.length > 5 && named[0] === range.high)
  for (let i = 1; i < named.length; i++) assert.ok(Y(10 ** named[i]) - Y(10 ** named[i - 1]) >= 30)
  // a start from afar stays at the upper edge
  assert.equal(Y(1e9), 30)
})
