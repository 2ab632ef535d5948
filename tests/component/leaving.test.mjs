// Streamlit ends a call that newer data overtook while its script was loading, after the newer call.

import assert from "node:assert/strict"
import { test } from "node:test"
import { leaving } from "../../assets/canvas/leaving.js"
import carry from "../../assets/workbench/blob.js"
import { stageOf } from "../../assets/live/stage.js"

/** facts as Python packs them: the length of the words, the words, and no arrays */
function bytes(facts) {
  const words = new TextEncoder().encode(JSON.stringify({ ...facts, arrays: {} }))
  return new Uint8Array([words.length, 0, 0, 0, ...words])
}

test("only the last call on a place leaves it", () => {
  const here = {}, there = {}, left = []
  const first = leaving(here, () => left.push("first"))
  const other = leaving(there, () => left.push("other"))
  const second = leaving(here, () => left.push("second"))
  first()
  assert.deepEqual(left, [])
  other()
  second()
  assert.deepEqual(left, ["other", "second"])
})

test("a call that is ended before the next leaves", () => {
  const left = []
  leaving(left, () => left.push(1))()
  leaving(left, () => left.push(2))()
  assert.deepEqual(left, [1, 2])
})

test("bytes stay while an overtaken call is ended", () => {
  globalThis.dispatchEvent = () => true
  const parentElement = {}, data = bytes({ id: "tree" }), call = () => carry({ data, parentElement })
  const overtaken = call(), now = call()
  assert.equal(globalThis.ecBlobs.size, 1)
  overtaken()
  assert.equal(globalThis.ecBlobs.size, 1)
  now()
  assert.equal(globalThis.ecBlobs.size, 0)
})

test("bytes stay while another place that had them is given up", () => {
  globalThis.dispatchEvent = () => true
  const data = bytes({ id: "tree" }), call = () => carry({ data, parentElement: {} })
  const before = call(), now = call(), ids = () => new Set([...globalThis.ecBlobs.values()].map(({ id }) => id))
  before()
  assert.deepEqual(ids(), new Set(["tree"]))
  now()
  assert.equal(globalThis.ecBlobs.size, 0)
})

test("a live picture stays on its stage while an overtaken call is ended", () => {
  const watched = []
  globalThis.ShadowRoot = class {}
  globalThis.cancelAnimationFrame = () => {}
  globalThis.ResizeObserver = class {
    observe(canvas) { watched.push(canvas) }

    disconnect() { watched.pop() }
  }
  const canvas = { style: {}, setAttribute() {} }, parentElement = { querySelector: () => canvas }
  const call = () => stageOf({ data: { height: 1, alt: "" }, parentElement }, () => {})
  const overtaken = call(), now = call()
  overtaken.leave()
  assert.deepEqual(watched, [canvas])
  assert.equal(call().stage, now.stage)
})
