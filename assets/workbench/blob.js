// Bytes for other components on the page: sent once, kept under the name they carry.

import { leaving } from "../canvas/leaving.js"
import { unpack } from "./data.js"

const MINE = new WeakMap()

/** @param {Component<Uint8Array>} component */
export default function (component) {
  const { data, parentElement } = component
  const blobs = (globalThis.ecBlobs ??= new Map())
  if (data?.byteLength) {
    const { id } = unpack(data), before = MINE.get(parentElement)
    if (before !== id || !blobs.has(id)) {
      if (before !== id) blobs.delete(before)
      MINE.set(parentElement, id)
      blobs.set(id, data)
      globalThis.dispatchEvent(new Event("ec-blob"))
    }
  }
  return leaving(parentElement, () => blobs.delete(MINE.get(parentElement)))
}
