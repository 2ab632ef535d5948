// Bytes for other components on the page: sent once, found by the name they carry. Each place keeps its
// own: one that is given up after another was given the same bytes takes nothing away.

import { leaving } from "../canvas/leaving.js"
import { unpack } from "./data.js"

/** @param {Component<Uint8Array>} component */
export default function (component) {
  const { data, parentElement } = component
  const blobs = (globalThis.ecBlobs ??= new Map())
  if (data?.byteLength) {
    const { id } = unpack(data)
    if (blobs.get(parentElement)?.id !== id) {
      blobs.set(parentElement, { id, data })
      globalThis.dispatchEvent(new Event("ec-blob"))
    }
  }
  return leaving(parentElement, () => blobs.delete(parentElement))
}
