// Settings go to Python on release and are kept there with the run; its word comes back.

import { show, start } from "./bench.js"
import { acknowledged, corrected, now, sameCut, unsent } from "./history.js"

const RETRY_MS = 4000, LATE_MS = 3000

function state(screen, text, kind) {
  screen.part.state.textContent = text
  screen.part.state.dataset.kind = kind
  screen.root.dataset.saved = kind
}

function post(screen) {
  const { bench } = screen
  screen.count = (screen.count ?? 0) + 1
  screen.origin ??= Math.random().toString(36).slice(2, 10)
  screen.serial = `${screen.origin}-${screen.count}`
  // what is sent again says the same: an answer to any of these is the answer
  screen.posted.add(screen.serial)
  const message = { tree: bench.tree.id, serial: screen.serial, ...unsent(bench.history) }
  if (screen.namesPending) message.names = bench.names
  try {
    screen.tell("change", message)
  } catch {
    // no connection: the timer tries again
  }
}

export function send(screen, names = false) {
  screen.namesPending = screen.namesPending || names
  screen.sentAt = performance.now()
  screen.posted = new Set()
  state(screen, "Saving …", "saving")
  post(screen)
  clearInterval(screen.retry)
  screen.retry = setInterval(() => {
    if (performance.now() - screen.sentAt > LATE_MS) {
      state(screen, "Not saved yet: no answer from the app. Nothing is lost; it goes on as soon as it is back.", "late")
    }
    post(screen)
  }, RETRY_MS)
}

// Python's clusters are what counts; that these are the same is looked at every time
function agrees(bench, data) {
  return JSON.stringify(bench.found.kept.map(cluster => cluster.nodes)) === JSON.stringify(data.kept)
}

// the server's state: the answer to ours, or what another visit or tab has stored
export function arrived(screen, data, fresh) {
  const { bench } = screen, waiting = screen.retry !== undefined && screen.retry !== null
  const answer = screen.posted?.has(data.serial) ?? false
  if (!fresh && waiting && !answer) return
  if (waiting) { clearInterval(screen.retry); screen.retry = null }
  const mine = !fresh && answer
  if (!mine && (fresh || data.serial !== screen.seen)) {
    start(bench, data.history.steps, data.history.at)
    bench.names = data.names
  } else if (mine) {
    screen.namesPending = false
    bench.history = acknowledged(bench.history)
    const word = data.history.steps[data.history.at]
    if (word && !sameCut(word, now(bench.history)) && !screen.dragging) {
      bench.history = corrected(bench.history, word)
      show(bench, word)
    }
  }
  screen.seen = data.serial
  // while something is being moved, the picture is ahead of the answer
  const agreed = !sameCut(now(bench.history), bench.cut) || agrees(bench, data)
  const problem = data.refused ?? (agreed ? null : "The engine sees other clusters than this picture: reload the page.")
  state(screen, problem ?? "Saved with the run", problem ? "late" : "saved")
}
