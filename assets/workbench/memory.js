// What Python has not acknowledged, remembered in the tab: a page that is left in the same moment
// takes its messages with it. Streamlit joins requests that wait, and one for another page brings
// no word of a component that is not on it.
//
// A record (TabRecord), by the tree's id: { seen: the server's serial that the steps go on from, cut:
//   its cut, origin, first, latest, last: serials origin-first … origin-last were sent since, those from
//   latest on say all of it; before: spans { origin, first, last } of earlier visits that said less;
//   base, steps, at: as in history.js; names: or null }

import { now, sameCut } from "./history.js"

export const TAKEN = "taken"
export const OPEN = "open"
export const OUTDATED = "outdated"

const PREFIX = "ec-bench-1 "
const MOST_SPANS = 20

// where the storage of the tab is forbidden or full: until the tab is reloaded
const FALLBACK = new Map()

/** @returns {TabStorage | null} */
export function storageOfTab() {
  try {
    return globalThis.sessionStorage ?? null
  } catch {
    return null
  }
}

/** @param {TabStorage | null} storage @param {string} tree @param {TabRecord} record */
export function remember(storage, tree, record, fallback = FALLBACK) {
  const text = JSON.stringify(record)
  fallback.set(tree, text)
  if (storage === null) return
  try {
    storage.setItem(PREFIX + tree, text)
    fallback.delete(tree)
  } catch {
    // kept above
  }
}

/** @param {TabStorage | null} storage @param {string} tree @returns {TabRecord | null} */
export function recall(storage, tree, fallback = FALLBACK) {
  let text = fallback.get(tree) ?? null
  try {
    text ??= storage?.getItem(PREFIX + tree) ?? null
    const record = JSON.parse(text ?? "null")
    return Array.isArray(record?.steps) && Array.isArray(record.before) ? record : null
  } catch {
    return null
  }
}

/** @param {TabStorage | null} storage @param {string} tree */
export function forget(storage, tree, fallback = FALLBACK) {
  fallback.delete(tree)
  try {
    storage?.removeItem(PREFIX + tree)
  } catch {
    // there is nothing to forget
  }
}

/** @param {string} serial */
export function spanOf(serial) {
  const at = serial.lastIndexOf("-"), number = Number(serial.slice(at + 1))
  return at > 0 && Number.isInteger(number) ? { origin: serial.slice(0, at), number } : null
}

/** @param {string} serial @param {string} origin @param {number} first @param {number} last */
function within(serial, origin, first, last) {
  const span = spanOf(serial)
  return span !== null && span.origin === origin && span.number >= first && span.number <= last
}

/** does this serial say all that is remembered? @param {TabRecord} record @param {string | null} serial */
export function covers(record, serial) {
  return within(serial ?? "", record.origin, record.latest, record.last)
}

/**
 * taken: the server has it all; open: the server stands where the steps go on from; outdated:
 * somebody else was there meanwhile
 * @param {TabRecord} record @param {string} serial @param {Cut} cut
 */
export function standing(record, serial, cut) {
  const { origin, first, latest } = record
  if (covers(record, serial)) return TAKEN
  if (within(serial, origin, first, latest - 1)) return OPEN
  if (record.before.some(span => within(serial, span.origin, span.first, span.last))) return OPEN
  return serial === record.seen && sameCut(cut, record.cut) ? OPEN : OUTDATED
}

/** the spans of serials that a further visit has to know @param {TabRecord} record */
export function spans(record) {
  const { origin, first, last } = record
  return [...record.before, { origin, first, last }].slice(-MOST_SPANS)
}

/**
 * the server's steps and what is remembered, as one history. The server keeps a limited number of
 * steps, and ours may begin after its last.
 * @param {Cut[]} steps @param {{ base: number, steps: Cut[], at: number }} unsent @returns {Past | null}
 */
export function resumed(steps, { base, steps: fresh, at }) {
  const short = Math.max(base - steps.length, 0), kept = base - short
  const all = [...steps.slice(0, kept), ...fresh]
  const history = { steps: all, at: Math.max(0, Math.min(at - short, all.length - 1)), base: kept }
  return all.length > 0 && now(history) ? history : null
}
