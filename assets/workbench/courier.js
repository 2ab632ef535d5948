// On the page that builds from the cut: hands in what the bench could not say before it was left.

import { forget, OPEN, recall, remember, standing, storageOfTab } from "./memory.js"

/**
 * the message for Python, null where it has everything
 * @param {TabStorage | null} storage @param {{ tree: string, serial: string, cut: Cut }} stand
 */
export function handIn(storage, { tree, serial, cut }) {
  const record = recall(storage, tree)
  if (record === null) return null
  if (standing(record, serial, cut) !== OPEN) {
    forget(storage, tree)
    return null
  }
  record.last++
  remember(storage, tree, record)
  const { origin, last, base, steps, at, names, before } = record
  const origins = before.map(span => span.origin)
  return { tree, serial: `${origin}-${last}`, seen: serial, origins, base, steps, at, ...(names ? { names } : {}) }
}

/** @param {Component<{ tree: string, serial: string, cut: Cut }>} component */
export default function ({ data, setStateValue }) {
  const message = handIn(storageOfTab(), data)
  if (message !== null) setStateValue("change", message)
}
