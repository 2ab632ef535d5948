// Press, move and release on a canvas.

const CLICK = 4
// the click of a finger comes some moments after it is lifted, that of a mouse at once
const TAP_MS = 100

/** where a pointer is on a canvas @param {HTMLElement} canvas @param {MouseEvent} event @returns {[number, number]} */
export function place(canvas, event) {
  const box = canvas.getBoundingClientRect()
  return [event.clientX - box.left, event.clientY - box.top]
}

/** adds to what is picked @param {MouseEvent} event */
export function addsTo(event) {
  return event.shiftKey || event.ctrlKey || event.metaKey
}

/**
 * follows a pointer that went down until it is lifted; places are on the canvas, target takes the events
 * @param {HTMLElement} target @param {HTMLElement} canvas @param {PointerEvent} event
 * @param {(x: number, y: number, dx: number, dy: number) => void} moved
 * @param {(x: number, y: number, dragged: boolean) => void} ended
 */
export function drag(target, canvas, event, moved, ended) {
  const [x0, y0] = place(canvas, event)
  const before = target.onpointermove
  let last = { x: x0, y: y0 }, dragged = false
  target.setPointerCapture?.(event.pointerId)
  target.onpointermove = next => {
    if (next.pointerId !== event.pointerId) return
    const [x, y] = place(canvas, next)
    dragged = dragged || Math.hypot(x - x0, y - y0) > CLICK
    if (dragged) moved(x, y, x - last.x, y - last.y)
    last = { x, y }
  }
  target.onpointerup = target.onpointercancel = next => {
    if (next.pointerId !== event.pointerId) return
    target.onpointermove = before
    target.onpointerup = target.onpointercancel = null
    ended(last.x, last.y, dragged)
  }
}

/**
 * a press on rows, until its click has been
 * @param {HTMLElement} rows @param {() => void} down @param {() => void} up
 */
export function listenPress(rows, down, up) {
  rows.onpointerdown = press => {
    // another button may open a menu that keeps its release to itself
    if (press.button !== 0) return
    down()
    /** @param {PointerEvent} event */
    const lifted = event => {
      if (event.pointerId !== press.pointerId) return
      globalThis.removeEventListener("pointerup", lifted, true)
      globalThis.removeEventListener("pointercancel", lifted, true)
      setTimeout(up, event.pointerType === "touch" ? TAP_MS : 0)
    }
    globalThis.addEventListener("pointerup", lifted, true)
    globalThis.addEventListener("pointercancel", lifted, true)
  }
}
