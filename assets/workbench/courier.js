// On the page that builds from the cut: hands in what the bench could not say before it was left.
//
// data: { tree, serial, cut }: where the server stands

import { forget, OPEN, recall, remember, standing, storageOfTab } from "./memory.js"

// the message for Python, null where it has everything
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

export default function ({ data, setStateValue }) {
  const message = handIn(storageOfTab(), data)
  if (message !== null) setStateValue("change", message)
}
