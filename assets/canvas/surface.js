// Canvases at the resolution of the screen: drawn in CSS pixels, sharp on every device.

// more pixels than this per CSS pixel cannot be seen, and each of them costs time
const MOST_RATIO = 2

export function ratioNow() {
  return Math.min(window.devicePixelRatio || 1, MOST_RATIO)
}

/** @param {HTMLCanvasElement} canvas @returns {Box} */
export function boxOf(canvas) {
  return { w: canvas.clientWidth, h: canvas.clientHeight }
}

/** @param {HTMLCanvasElement} canvas @returns {CanvasRenderingContext2D} */
export function penOf(canvas, options = {}) {
  // never null for "2d" on a canvas that has no other context
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", options))
}

/**
 * the pen of a canvas on the page, cleared; null where nothing of it can be seen
 * @param {HTMLCanvasElement} canvas @param {Box} box @param {number} ratio
 */
export function wiped(canvas, box, ratio) {
  if (!box.w || !box.h) return null
  const width = Math.round(box.w * ratio), height = Math.round(box.h * ratio)
  // to set a size is to clear it, and costs more
  if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height }
  const g = penOf(canvas)
  g.setTransform(ratio, 0, 0, ratio, 0, 0)
  g.clearRect(0, 0, box.w, box.h)
  return g
}

/**
 * a canvas beside the page, and its pen
 * @param {number} w @param {number} h @param {number} ratio
 */
export function beside(w, h, ratio) {
  const canvas = document.createElement("canvas")
  canvas.width = Math.round(w * ratio)
  canvas.height = Math.round(h * ratio)
  const g = penOf(canvas)
  g.setTransform(ratio, 0, 0, ratio, 0, 0)
  return { canvas, g }
}
