// Undo and redo without limit, as plain data; and which steps Python has not acknowledged yet.

export function startHistory(steps, at) {
  return { steps: [...steps], at, base: steps.length }
}

export function now(history) {
  return history.steps[history.at]
}

export function sameCut(a, b) {
  return JSON.stringify([a.height, a.gamma, a.beta, a.rule, a.edits]) ===
    JSON.stringify([b.height, b.gamma, b.beta, b.rule, b.edits])
}

// a new step; what had been undone is gone. The same cut again is no step.
export function push(history, cut) {
  if (history.steps.length && sameCut(now(history), cut)) return history
  const steps = [...history.steps.slice(0, history.at + 1), cut]
  return { steps, at: steps.length - 1, base: Math.min(history.base, history.at + 1) }
}

export function canUndo(history) { return history.at > 0 }
export function canRedo(history) { return history.at + 1 < history.steps.length }
export function undo(history) { return canUndo(history) ? { ...history, at: history.at - 1 } : history }
export function redo(history) { return canRedo(history) ? { ...history, at: history.at + 1 } : history }

// what Python has to be told: everything after what it has
export function unsent(history) {
  return { base: history.base, steps: history.steps.slice(history.base), at: history.at }
}

export function acknowledged(history) {
  return { ...history, base: history.steps.length }
}

// Python's word on the current step (the exact height of a rule)
export function corrected(history, cut) {
  const steps = [...history.steps]
  steps[history.at] = cut
  return { ...history, steps }
}
