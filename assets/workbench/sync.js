// Settings go to Python on release and are kept there with the run; its word comes back. Until it
// does they are remembered in the tab (memory.js).

import { show, start } from "./bench.js"
import { acknowledged, corrected, now, sameCut, unsent } from "./history.js"
import { covers, forget, OPEN, recall, remember, resumed, spans, standing } from "./memory.js"

const RETRY_MS = 4000, LATE_MS = 3000

/** @param {BenchScreen} screen @param {string} text @param {string} kind */
function state(screen, text, kind) {
  screen.part.state.textContent = text
  screen.part.state.dataset.kind = kind
  screen.root.dataset.saved = kind
}

/** @param {BenchScreen} screen */
function keep(screen) {
  const { bench, origin, first, latest, count, seen, seenCut, before } = screen
  remember(screen.storage, bench.tree.id, {
    seen, cut: seenCut, origin, first: first ?? latest, latest, last: count, before,
    ...unsent(bench.history), names: screen.namesPending ? bench.names : null,
  })
}

/** @param {BenchScreen} screen */
function number(screen) {
  screen.count = (screen.count ?? 0) + 1
  screen.origin ||= Math.random().toString(36).slice(2, 10)
}

/** @param {BenchScreen} screen */
function post(screen) {
  const { bench } = screen
  number(screen)
  screen.serial = `${screen.origin}-${screen.count}`
  // what is sent again says the same: an answer to any of these is the answer
  screen.posted.add(screen.serial)
  keep(screen)
  // where somebody else was there since `seen`, Python asks; earlier visits of this tab are no others
  const message = {
    ...(screen.namesPending ? { names: bench.names } : {}),
    tree: bench.tree.id, serial: screen.serial, seen: screen.seen, origins: screen.before.map(span => span.origin),
    ...unsent(bench.history),
  }
  try {
    screen.tell("change", message)
  } catch {
    // no connection: the timer tries again
  }
}

/** @param {BenchScreen} screen */
function quiet(screen) {
  if (screen.retry) clearInterval(screen.retry)
  screen.retry = null
}

/** @param {BenchScreen} screen */
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

/** the bench goes away; what was not acknowledged waits in the tab @param {BenchScreen} screen */
export function leave(screen) {
  screen.gone = true
  quiet(screen)
}

/** has something been sent that Python has not answered? @param {BenchScreen} screen */
function waiting(screen) {
  return screen.retry !== undefined && screen.retry !== null
}

/** by pointer, key or dial: what is shown is not kept yet @param {BenchScreen} screen */
export function moving(screen) {
  return Boolean(screen.dragging || screen.dialling || screen.settling)
}

/**
 * what is shown is ahead of what is kept: said in the same moment, so that nobody takes it for kept
 * @param {BenchScreen} screen
 */
export function ahead(screen) {
  if (!waiting(screen)) state(screen, "Saving …", "saving")
}

/** a movement has ended; where it changed nothing, what Python said last is true again @param {BenchScreen} screen */
export function level(screen) {
  if (!waiting(screen) && !moving(screen) && screen.word) state(screen, ...screen.word)
}

/**
 * Python's clusters are what counts; that these are the same is looked at every time
 * @param {Bench} bench @param {BenchData} data
 */
function agrees(bench, data) {
  return JSON.stringify(bench.found.kept.map(cluster => cluster.nodes)) === JSON.stringify(data.kept)
}

/** where the server stands; nothing of ours is on its way @param {BenchScreen} screen @param {BenchData} data */
function stands(screen, data) {
  quiet(screen)
  screen.namesPending = false
  screen.first = undefined
  screen.before = []
  screen.seen = data.serial
  screen.seenCut = data.history.steps[data.history.at]
}

/** @param {BenchScreen} screen @param {BenchData} data */
function settled(screen, data) {
  stands(screen, data)
  forget(screen.storage, screen.bench.tree.id)
}

/** @param {BenchScreen} screen @param {BenchData} data */
function take(screen, data) {
  start(screen.bench, data.history.steps, data.history.at)
  screen.bench.names = data.names
}

/**
 * what the tab remembers is done once more, unless the server has or has refused it, or somebody
 * else was there meanwhile
 * @param {BenchScreen} screen @param {BenchData} data
 */
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

/** ours has been kept, in Python's own words @param {BenchScreen} screen @param {BenchData} data */
function answered(screen, data) {
  const { bench } = screen
  settled(screen, data)
  bench.history = acknowledged(bench.history)
  const word = screen.seenCut
  if (!word || sameCut(word, now(bench.history))) return
  bench.history = corrected(bench.history, word)
  if (!moving(screen)) show(bench, word)
}

/**
 * the server's state: the answer to ours, or what another visit or tab has stored; false where it
 * is neither yet
 * @param {BenchScreen} screen @param {BenchData} data @param {boolean} fresh
 */
function takes(screen, data, fresh) {
  const asked = waiting(screen), sent = (/** @type {string | null} */ serial) => screen.posted?.has(serial ?? "") ?? false
  if (fresh) {
    stands(screen, data)
    take(screen, data)
    if (resumes(screen, data)) return false
    forget(screen.storage, screen.bench.tree.id)
  } else if (asked && data.refused && sent(data.refusedSerial)) {
    // not in order, and no better if sent again: the server's state, and its sentence
    settled(screen, data)
    take(screen, data)
  } else if (sent(data.serial)) answered(screen, data)
  else if (asked) return false
  else if (data.serial !== screen.seen) {
    settled(screen, data)
    take(screen, data)
  }
  return true
}

/** Python has spoken @param {BenchScreen} screen @param {BenchData} data @param {boolean} fresh */
export function arrived(screen, data, fresh) {
  if (!takes(screen, data, fresh)) return
  const { bench } = screen
  // while something is being moved, the picture is ahead of the answer
  const agreed = moving(screen) || !sameCut(now(bench.history), bench.cut) || agrees(bench, data)
  const problem = data.refused ?? (agreed ? null : "The engine sees other clusters than this picture: reload the page.")
  screen.word = problem ? [problem, "late"] : data.lookOnly ? ["To look at; nothing here is kept", "look"] : ["Saved with the run", "saved"]
  if (moving(screen)) ahead(screen)
  else level(screen)
}
