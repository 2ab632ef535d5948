// The weight vectors of all students as points, gliding to where training takes them.
//
// data: { students: [[[x, y], …], …], truth: [[x, y], …] or null,
//         styles: [[colour, …, mark], …], colours, alt, height }
// A fixed projection to two dimensions, chosen by the page: points that meet in it and stay together
// are vectors that have become equal.

const STATES = new WeakMap()
const GLIDE_MS = 420

function css(host, name, fallback) {
  return getComputedStyle(host).getPropertyValue(name).trim() || fallback
}

function star(g, x, y, r) {
  g.beginPath()
  for (let i = 0; i < 10; i++) {
    const angle = Math.PI * (i / 5 - 0.5), radius = i % 2 ? r * 0.45 : r
    g.lineTo(x + radius * Math.cos(angle), y + radius * Math.sin(angle))
  }
  g.closePath()
  g.fill()
}

// one point of a student: its colour alone would not tell sixteen of them apart
function dot(g, mark, x, y) {
  g.beginPath()
  if (mark === "square") g.rect(x - 3, y - 3, 6, 6)
  else if (mark === "triangle") { g.moveTo(x, y - 4.4); g.lineTo(x + 4, y + 3); g.lineTo(x - 4, y + 3) }
  else if (mark === "diamond") {
    g.moveTo(x, y - 4.4); g.lineTo(x + 4.4, y); g.lineTo(x, y + 4.4); g.lineTo(x - 4.4, y)
  } else g.arc(x, y, 3.4, 0, 7)
  g.fill()
}

function draw(state, t) {
  const { canvas, host, data } = state
  const ratio = window.devicePixelRatio || 1
  const width = canvas.clientWidth, height = canvas.clientHeight
  if (!width || !height) return
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio)
    canvas.height = Math.round(height * ratio)
  }
  const g = canvas.getContext("2d")
  g.setTransform(ratio, 0, 0, ratio, 0, 0)
  g.clearRect(0, 0, width, height)
  const cx = width / 2, cy = height / 2
  const k = Math.min(width, height) / (2.1 * state.span)
  g.strokeStyle = css(host, "--st-border-color", "#ccc")
  g.lineWidth = 1
  g.globalAlpha = 0.7
  g.beginPath(); g.moveTo(0, cy); g.lineTo(width, cy); g.moveTo(cx, 0); g.lineTo(cx, height); g.stroke()
  state.now = data.students.map((points, s) => points.map((goal, h) => {
    const from = state.from?.[s]?.[h] ?? goal
    return [from[0] + t * (goal[0] - from[0]), from[1] + t * (goal[1] - from[1])]
  }))
  state.now.forEach((points, s) => {
    const [colour, , mark] = data.styles[s]
    g.fillStyle = colour
    g.globalAlpha = 0.62
    for (const [x, y] of points) dot(g, mark, cx + k * x, cy - k * y)
  })
  g.globalAlpha = 1
  if (data.truth) {
    g.fillStyle = data.colours.truth
    for (const [x, y] of data.truth) star(g, cx + k * x, cy - k * y, 8)
  }
}

function glide(state) {
  cancelAnimationFrame(state.frame)
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches
  const began = performance.now()
  const tick = now => {
    const t = still ? 1 : Math.min(1, (now - began) / GLIDE_MS)
    draw(state, t * (2 - t))
    if (t < 1) state.frame = requestAnimationFrame(tick)
  }
  state.frame = requestAnimationFrame(tick)
}

export default function (component) {
  const { data, parentElement } = component
  const canvas = parentElement.querySelector("canvas")
  let state = STATES.get(parentElement)
  if (!state) {
    state = { canvas, host: parentElement.host ?? parentElement, now: null, span: 0 }
    state.watch = new ResizeObserver(() => state.data && draw(state, 1))
    state.watch.observe(canvas)
    STATES.set(parentElement, state)
  }
  // the frame only grows slowly, so that motion is seen as motion of the points
  state.span = state.span ? Math.max(0.97 * state.span, Math.min(data.span, 1.6 * state.span)) : data.span
  state.from = state.now
  state.data = data
  canvas.style.height = data.height + "px"
  canvas.setAttribute("aria-label", data.alt)
  glide(state)
  return () => {
    cancelAnimationFrame(state.frame)
    state.watch.disconnect()
    STATES.delete(parentElement)
  }
}
