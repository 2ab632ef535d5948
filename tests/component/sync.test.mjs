// What Python has not acknowledged is never lost: memory, its judgement, and the whole exchange.

import assert from "node:assert/strict"
import { afterEach, test } from "node:test"
import * as B from "../../assets/workbench/bench.js"
import { startHistory, unsent, push } from "../../assets/workbench/history.js"
import * as memory from "../../assets/workbench/memory.js"
import { handIn } from "../../assets/workbench/courier.js"
import { ahead, arrived, leave, level, send } from "../../assets/workbench/sync.js"
import { benchOf, cutAt, FIVE } from "./samples.mjs"

const TREE = "sample"

function tabStorage() {
  const kept = new Map()
  return {
    kept,
    setItem: (name, text) => kept.set(name, String(text)),
    getItem: name => kept.get(name) ?? null,
    removeItem: name => kept.delete(name),
  }
}

const forbidden = {
  setItem() { throw new Error("QuotaExceededError") },
  getItem() { throw new Error("SecurityError") },
  removeItem() { throw new Error("SecurityError") },
}

// Python: takes a message as bench_state.take does, and answers with its state
class Python {
  constructor(cut = cutAt(1e-3)) { Object.assign(this, { steps: [cut], at: 0, serial: "", names: {}, taken: 0 }) }

  take({ serial, base, steps, at, names }) {
    if (serial === this.serial) return
    this.taken++
    const short = Math.max(base - this.steps.length, 0)
    this.steps = [...this.steps.slice(0, base), ...steps]
    Object.assign(this, { at: at - short, serial })
    if (names) this.names = names
  }

  data(more = {}) {
    const { steps, at, serial, names } = this, kept = benchOf(FIVE, steps[at]).found.kept.map(c => c.nodes)
    return structuredClone({ history: { steps, at }, serial, names, kept, refused: null, refusedSerial: null, ...more })
  }
}

const screens = []
afterEach(() => { for (const screen of screens.splice(0)) leave(screen) })

// a tab that shows the bench; reaches: do its messages get through?
function visit(python, storage, { reaches = true, data = python.data() } = {}) {
  const screen = {
    storage, bench: benchOf(FIVE), root: { dataset: {} }, part: { state: { dataset: {} } }, sent: [],
    tell: (_, message) => { screen.sent.push(structuredClone(message)); if (screen.reaches) python.take(structuredClone(message)) },
    reaches,
  }
  screens.push(screen)
  screen.bench.tree.id = TREE
  arrived(screen, data, true)
  return screen
}

function move(screen, height) {
  B.commit(screen.bench, cutAt(height))
  send(screen)
}

const at = screen => screen.bench.cut.height

test("a step that reached Python is forgotten, before and after its answer", () => {
  const python = new Python(), storage = tabStorage(), screen = visit(python, storage)
  move(screen, 1e-8)
  assert.equal(storage.kept.size, 1)
  // the tab is gone before the answer: the next visit finds that Python has it
  leave(screen)
  const again = visit(python, storage)
  assert.deepEqual([again.sent.length, storage.kept.size, at(again), python.steps.length], [0, 0, 1e-8, 2])
  move(again, 1e-5)
  arrived(again, python.data(), false)
  assert.deepEqual([storage.kept.size, again.root.dataset.saved, python.taken], [0, "saved", 2])
})

for (const [name, make] of [["the tab's storage", tabStorage], ["no storage", () => null], ["forbidden storage", () => forbidden]]) {
  test(`steps that reached nobody are done on the next visit: ${name}`, () => {
    const python = new Python(), storage = make(), screen = visit(python, storage, { reaches: false })
    move(screen, 1e-8)
    move(screen, 1e-5)
    B.step(screen.bench, -1)
    send(screen)
    screen.bench.names = { mine: cutAt(1e-5) }
    send(screen, true)
    leave(screen)
    assert.deepEqual([python.taken, python.serial], [0, ""])
    // lost once more on the way
    leave(visit(python, storage, { reaches: false }))
    const again = visit(python, storage)
    assert.deepEqual([at(again), again.root.dataset.saved], [1e-8, "saving"])
    arrived(again, python.data(), false)
    assert.equal(again.root.dataset.saved, "saved")
    assert.deepEqual(python.steps.map(cut => cut.height), [1e-3, 1e-8, 1e-5])
    assert.deepEqual([python.at, Object.keys(python.names)], [1, ["mine"]])
    // and the visit after that sends nothing
    leave(again)
    assert.equal(visit(python, storage).sent.length, 0)
  })
}

test("of two steps the first was taken: the second is not lost", () => {
  const python = new Python(), storage = tabStorage(), screen = visit(python, storage)
  move(screen, 1e-8)
  screen.reaches = false
  move(screen, 1e-5)
  leave(screen)
  const again = visit(python, storage)
  assert.deepEqual(python.steps.map(cut => cut.height), [1e-3, 1e-8, 1e-5])
  assert.equal(at(again), 1e-5)
})

test("a message that was under way arrives after all: the same thing twice is once", () => {
  const python = new Python(), storage = tabStorage(), screen = visit(python, storage, { reaches: false })
  move(screen, 1e-8)
  leave(screen)
  const late = screen.sent[0], again = visit(python, storage, { reaches: false })
  move(again, 1e-5)
  leave(again)
  python.take(late)
  const third = visit(python, storage)
  assert.deepEqual(python.steps.map(cut => cut.height), [1e-3, 1e-8, 1e-5])
  assert.equal(at(third), 1e-5)
})

test("somebody else was there meanwhile: the server's state wins", () => {
  const python = new Python(), storage = tabStorage(), screen = visit(python, storage, { reaches: false })
  move(screen, 1e-8)
  leave(screen)
  const other = visit(python, tabStorage())
  move(other, 1e-2)
  const again = visit(python, storage)
  assert.deepEqual([at(again), again.sent.length, storage.kept.size], [1e-2, 0, 0])
  // another page that cuts leaves the serial as it is
  again.reaches = false
  move(again, 1e-8)
  leave(again)
  python.steps.push(cutAt(2))
  python.at = 2
  assert.deepEqual([at(visit(python, storage)), storage.kept.size], [2, 0])
})

test("another tree's steps wait for their tree", () => {
  const python = new Python(), storage = tabStorage(), screen = visit(python, storage, { reaches: false })
  move(screen, 1e-8)
  const other = benchOf(FIVE)
  other.tree.id = "another"
  screen.bench = other
  arrived(screen, new Python(cutAt(0.5)).data(), true)
  assert.deepEqual([at(screen), screen.sent.length, screen.retry], [0.5, 1, null])
  leave(screen)
  assert.equal(at(visit(python, storage)), 1e-8)
})

test("an undo alone is remembered too", () => {
  const python = new Python(), storage = tabStorage(), screen = visit(python, storage)
  move(screen, 1e-8)
  arrived(screen, python.data(), false)
  screen.reaches = false
  B.step(screen.bench, -1)
  send(screen)
  leave(screen)
  visit(python, storage)
  assert.deepEqual([python.at, python.steps.length], [0, 2])
})

test("what ends after the bench has gone is remembered and starts no timer", () => {
  const python = new Python(), storage = tabStorage(), screen = visit(python, storage)
  leave(screen)
  move(screen, 1e-8)
  assert.deepEqual([screen.sent.length, screen.retry], [0, null])
  assert.equal(at(visit(python, storage)), 1e-8)
  assert.equal(python.steps.length, 2)
})

test("what Python refuses is said once, taken back, and not sent again", () => {
  const python = new Python(), storage = tabStorage(), screen = visit(python, storage, { reaches: false })
  move(screen, 1e-8)
  const refused = "At most 60 settings can be kept.", serial = screen.serial
  // a newer step is not refused with an older one
  move(screen, 1e-5)
  arrived(screen, python.data({ refused, refusedSerial: serial }), false)
  assert.deepEqual([at(screen), screen.root.dataset.saved], [1e-5, "saving"])
  arrived(screen, python.data({ refused, refusedSerial: screen.serial }), false)
  assert.deepEqual([at(screen), screen.part.state.textContent, screen.retry, storage.kept.size], [1e-3, refused, null, 0])
  move(screen, 1e-5)
  leave(screen)
  const again = visit(python, storage, { data: python.data({ refused, refusedSerial: screen.serial }) })
  assert.deepEqual([at(again), again.sent.length, again.part.state.textContent], [1e-3, 0, refused])
})

test("a word from Python about an earlier step never undoes a movement under way", () => {
  const python = new Python(), screen = visit(python, tabStorage())
  B.commit(screen.bench, cutAt(1e-8, { rule: "plateau" }))
  send(screen)
  python.steps[1] = cutAt(1.0000000001e-8, { rule: "plateau" })
  for (const way of ["dragging", "settling", "dialling"]) {
    screen[way] = 1
    B.show(screen.bench, cutAt(1e-5))
    arrived(screen, python.data(), false)
    // nor does it call kept what is not
    assert.deepEqual([at(screen), screen.root.dataset.saved], [1e-5, "saving"])
    screen[way] = null
  }
  B.commit(screen.bench, screen.bench.cut)
  assert.deepEqual(screen.bench.history.steps.map(cut => cut.height), [1e-3, 1.0000000001e-8, 1e-5])
})

test("a movement is not called kept from its first moment until Python has its end", () => {
  const python = new Python(), screen = visit(python, tabStorage())
  const mark = () => screen.root.dataset.saved
  screen.settling = 1
  ahead(screen)
  assert.equal(mark(), "saving")
  // another word of Python in between, about nothing of this, is no answer
  arrived(screen, python.data(), false)
  level(screen)
  assert.equal(mark(), "saving")
  screen.settling = null
  move(screen, 1e-8)
  level(screen)
  assert.equal(mark(), "saving")
  arrived(screen, python.data(), false)
  assert.equal(mark(), "saved")
  // one that ends where it began has nothing to wait for
  screen.dragging = true
  ahead(screen)
  screen.dragging = false
  level(screen)
  assert.equal(mark(), "saved")
  // and a sentence of Python stays true
  arrived(screen, python.data({ refused: "No.", refusedSerial: screen.serial }), false)
  screen.dragging = true
  ahead(screen)
  screen.dragging = false
  level(screen)
  assert.deepEqual([screen.part.state.textContent, mark()], ["No.", "late"])
  // somebody else's run is saved by nobody
  arrived(screen, python.data({ lookOnly: true }), false)
  level(screen)
  assert.deepEqual([screen.part.state.textContent, mark()], ["To look at; nothing here is kept", "look"])
})

test("the page that builds hands in what the bench could not", () => {
  const python = new Python(), storage = tabStorage(), screen = visit(python, storage, { reaches: false })
  move(screen, 1e-8)
  leave(screen)
  const stand = () => ({ tree: TREE, serial: python.serial, cut: python.steps[python.at] })
  const first = handIn(storage, stand())
  // lost as well; then it gets through, and the bench finds that Python has it
  const second = handIn(storage, stand())
  assert.notEqual(first.serial, second.serial)
  python.take(second)
  assert.equal(handIn(storage, stand()), null)
  assert.equal(storage.kept.size, 0)
  assert.deepEqual(python.steps.map(cut => cut.height), [1e-3, 1e-8])
  const again = visit(python, storage)
  assert.deepEqual([at(again), again.sent.length], [1e-8, 0])
  // nothing to hand in once somebody else was there
  again.reaches = false
  move(again, 1e-5)
  leave(again)
  python.serial = "other-1"
  assert.deepEqual([handIn(storage, stand()), storage.kept.size], [null, 0])
})

test("remembered steps go on from a server that keeps fewer of them", () => {
  let history = startHistory([1, 2, 3, 4, 5].map(h => cutAt(h)), 4)
  history = push(push(history, cutAt(6)), cutAt(7))
  // the server has only the last three of five
  const back = memory.resumed([3, 4, 5].map(h => cutAt(h)), unsent(history))
  assert.deepEqual([back.steps.map(cut => cut.height), back.at, back.base], [[3, 4, 5, 6, 7], 4, 3])
  assert.equal(memory.resumed([], { base: 0, steps: [], at: 0 }), null)
})

test("what was remembered by another version, or is damaged, is left alone", () => {
  const storage = tabStorage()
  for (const text of ["{not json", "null", "3", "{}", '{"steps": [], "before": 4}']) {
    memory.remember(storage, TREE, "to find its place")
    const [place] = storage.kept.keys()
    storage.setItem(place, text)
    assert.equal(memory.recall(storage, TREE), null)
  }
  const screen = visit(new Python(), storage)
  assert.deepEqual([screen.root.dataset.saved, screen.sent.length], ["saved", 0])
  assert.deepEqual([memory.spanOf("ab-12"), memory.spanOf(""), memory.spanOf("ab-x")], [{ origin: "ab", number: 12 }, null, null])
})

test("a message says what it goes on from, and which earlier visits were this tab", () => {
  const python = new Python(), storage = tabStorage(), screen = visit(python, storage)
  move(screen, 1e-8)
  assert.deepEqual([screen.sent.at(-1).seen, screen.sent.at(-1).origins], ["", []])
  arrived(screen, python.data(), false)
  const first = python.serial
  screen.reaches = false
  move(screen, 1e-5)
  assert.equal(screen.sent.at(-1).seen, first)
  leave(screen)
  const again = visit(python, storage)
  assert.deepEqual([again.sent[0].seen, again.sent[0].origins], [first, [screen.origin]])
})

test("what came too late is refused: the picture is the other's, and the next step goes on from it", () => {
  const python = new Python(), one = visit(python, tabStorage()), two = visit(python, tabStorage(), { reaches: false })
  move(one, 1e-8)
  move(two, 1e-5)
  const refused = "Changed meanwhile in another window."
  arrived(two, python.data({ refused, refusedSerial: two.serial }), false)
  assert.deepEqual([at(two), two.part.state.textContent], [1e-8, refused])
  two.reaches = true
  move(two, 1e-2)
  assert.equal(two.sent.at(-1).seen, one.serial)
  assert.deepEqual(python.steps.map(cut => cut.height), [1e-3, 1e-8, 1e-2])
})
