// Undo and redo without limit, as plain data; and which steps Python has not acknowledged yet.

/** @param {Cut[]} steps @param {number} at @returns {Past} */
export function startHistory(steps, at) {
  return { steps: [...steps], at, base: steps.length }
}

/** @param {Past} history */
export function now(history) {
  return history.steps[history.at]
}

/** @param {Cut} a @param {Cut} b */
export function sameCut(a, b) {
  return JSON.stringify([a.height, a.gamma, a.beta, a.rule, a.edits]) ===
    JSON.stringify([b.height, b.gamma, b.beta, b.rule, b.edits])
}

/**
 * a new step; what had been undone is gone. The same cut again is no step.
 * @param {Past} history @param {Cut} cut @returns {Past}
 */
export function push(history, cut) {
  if (history.steps.length && sameCut(now(history), cut)) return history
  const steps = [...history.steps.slice(0, history.at + 1), cut]
  return { steps, at: steps.length - 1, base: Math.min(history.base, history.at + 1) }
}

/** @param {Past} history */
export function canUndo(history) { return history.at > 0 }
/** @param {Past} history */
export function canRedo(history) { return history.at + 1 < history.steps.length }
/** @param {Past} history @returns {Past} */
export function undo(history) { return canUndo(history) ? { ...history, at: history.at - 1 } : history }
/** @param {Past} history @returns {Past} */
export function redo(history) { return canRedo(history) ? { ...history, at: history.at + 1 } : history }

/** what Python has to be told: everything after what it has @param {Past} history */
export function unsent(history) {
  return { base: history.base, steps: history.steps.slice(history.base), at: history.at }
}

/** @param {Past} history @returns {Past} */
export function acknowledged(history) {
  return { ...history, base: history.steps.length }
}

/**
 * Python's word on the current step (the exact height of a rule)
 * @param {Past} history @param {Cut} cut @returns {Past}
 */
export function corrected(history, cut) {
  const steps = [...history.steps]
  steps[history.at] = cut
  return { ...history, steps }
}
