// Settings go to Python on release and are kept there with the run; its word comes back. Until it
// does they are remembered in the tab (memory.js).

import { show, start } from "./bench.js"
import { acknowledged, corrected, now, sameCut, unsent } from "./history.js"
import { covers, forget, OPEN, recall, remember, resumed, spans, standing } from "./memory.js"

const RETRY_MS = 4000, LATE_MS = 3000

function state(screen, text, kind) {
  screen.part.state.textContent = text
  screen.part.state.dataset.kind = kind
  screen.root.dataset.saved = kind
}

function keep(screen) {
  const { bench, origin, first, latest, count, seen, seenCut, before } = screen
  remember(screen.storage, bench.tree.id, {
    seen, cut: seenCut, origin, first, latest, last: count, before,
    ...unsent(bench.history), names: screen.namesPending ? bench.names : null,
  })
}

function number(screen) {
  screen.count = (screen.count ?? 0) + 1
  screen.origin ??= Math.random().toString(36).slice(2, 10)
  return screen.count
}

function post(screen) {
  const { bench } = screen
  number(screen)
  screen.serial = `${screen.origin}-${screen.count}`
  // what is sent again says the same: an answer to any of these is the answer
  screen.posted.add(screen.serial)
  keep(screen)
  // where somebody else was there since `seen`, Python asks; earlier visits of this tab are no others
  const message = {
    tree: bench.tree.id, serial: screen.serial, seen: screen.seen, origins: screen.before.map(span => span.origin),
    ...unsent(bench.history),
  }
  if (screen.namesPending) message.names = bench.names
  try {
    screen.tell("change", message)
  } catch {
    // no connection: the timer tries again
  }
}

function quiet(screen) {
  clearInterval(screen.retry)
  screen.retry = null
}

export function send(screen, names = false) {
  screen.namesPending = screen.namesPending || names
  // the next serial is the first that says all of this
  screen.latest = (screen.count ?? 0) + 1
  screen.first ??= screen.latest
  if (screen.gone) {
    // nobody is told any more: the next visit of this page does it
    number(screen)
    keep(screen)
    return
  }
  screen.sentAt = performance.now()
  screen.posted = new Set()
  state(screen, "Saving …", "saving")
  quiet(screen)
  post(screen)
  screen.retry = setInterval(() => {
    if (performance.now() - screen.sentAt > LATE_MS) {
      state(screen, "Not saved yet: no answer from the app. Nothing is lost; it goes on as soon as it is back.", "late")
    }
    post(screen)
  }, RETRY_MS)
}

// the bench goes away; what was not acknowledged waits in the tab
export function leave(screen) {
  screen.gone = true
  quiet(screen)
}

// has something been sent that Python has not answered?
function waiting(screen) {
  return screen.retry !== undefined && screen.retry !== null
}

// by pointer, key or dial: what is shown is not kept yet
export function moving(screen) {
  return Boolean(screen.dragging || screen.dialling || screen.settling)
}

// what is shown is ahead of what is kept: said in the same moment, so that nobody takes it for kept
export function ahead(screen) {
  if (!waiting(screen)) state(screen, "Saving …", "saving")
}

// a movement has ended; where it changed nothing, what Python said last is true again
export function level(screen) {
  if (!waiting(screen) && !moving(screen) && screen.word) state(screen, ...screen.word)
}

// Python's clusters are what counts; that these are the same is looked at every time
function agrees(bench, data) {
  return JSON.stringify(bench.found.kept.map(cluster => cluster.nodes)) === JSON.stringify(data.kept)
}

// where the server stands; nothing of ours is on its way
function stands(screen, data) {
  quiet(screen)
  screen.namesPending = false
  screen.first = undefined
  screen.before = []
  screen.seen = data.serial
  screen.seenCut = data.history.steps[data.history.at]
}

function settled(screen, data) {
  stands(screen, data)
  forget(screen.storage, screen.bench.tree.id)
}

function take(screen, data) {
  start(screen.bench, data.history.steps, data.history.at)
  screen.bench.names = data.names
}

// what the tab remembers is done once more, unless the server has or has refused it, or somebody
// else was there meanwhile
function resumes(screen, data) {
  const { bench } = screen, record = recall(screen.storage, bench.tree.id)
  if (record === null || standing(record, data.serial, screen.seenCut) !== OPEN) return false
  if (data.refused && covers(record, data.refusedSerial)) return false
  const history = resumed(data.history.steps, record)
  if (history === null) return false
  bench.history = history
  show(bench, now(history))
  if (record.names) bench.names = record.names
  screen.before = spans(record)
  send(screen, record.names !== null)
  return true
}

// the server's state: the answer to ours, or what another visit or tab has stored
export function arrived(screen, data, fresh) {
  const { bench } = screen, asked = waiting(screen)
  const answer = screen.posted?.has(data.serial) ?? false
  if (fresh) {
    stands(screen, data)
    take(screen, data)
    if (resumes(screen, data)) return
    forget(screen.storage, bench.tree.id)
  } else if (asked && data.refused && screen.posted.has(data.refusedSerial)) {
    // not in order, and no better if sent again: the server's state, and its sentence
    settled(screen, data)
    take(screen, data)
  } else if (asked && !answer) {
    return
  } else if (answer) {
    settled(screen, data)
    bench.history = acknowledged(bench.history)
    const word = screen.seenCut
    if (word && !sameCut(word, now(bench.history))) {
      bench.history = corrected(bench.history, word)
      if (!moving(screen)) show(bench, word)
    }
  } else if (data.serial !== screen.seen) {
    settled(screen, data)
    take(screen, data)
  }
  // while something is being moved, the picture is ahead of the answer
  const agreed = moving(screen) || !sameCut(now(bench.history), bench.cut) || agrees(bench, data)
  const problem = data.refused ?? (agreed ? null : "The engine sees other clusters than this picture: reload the page.")
  screen.word = [problem ?? "Saved with the run", problem ? "late" : "saved"]
  if (moving(screen)) ahead(screen)
  else level(screen)
}
