// Neurons of a network with two inputs as lines w·x + b = 0 in the plane, gliding to where they are.
//
// data: { students: [[[w1, w2, b], …], …], weight: [[strength, …], …] or null,
//         truth: [[w1, w2, b], …] or null, found: … or null, span, alt, colours: {…} }
// The canvas stays in the page between updates; each line moves from its last place to its new one.

const STATES = new WeakMap()
const GLIDE_MS = 420

function css(host, name, fallback) {
  return getComputedStyle(host).getPropertyValue(name).trim() || fallback
}

// a line as (angle, offset): lines glide along these, not along raw weights
function place([w1, w2, b]) {
  const n = Math.hypot(w1, w2)
  return n < 1e-9 ? null : [Math.atan2(w2, w1), -b / n]
}

function between(a, b, t) {
  if (!a || !b) return b
  let [angle, offset] = a
  let turn = b[0] - angle
  turn = Math.atan2(Math.sin(turn), Math.cos(turn))
  // (angle + pi, -offset) is the same line: take the shorter way
  if (Math.abs(turn) > Math.PI / 2) {
    angle += Math.PI
    offset = -offset
    turn = Math.atan2(Math.sin(b[0] - angle), Math.cos(b[0] - angle))
  }
  return [angle + t * turn, offset + t * (b[1] - offset)]
}

function stroke(g, where, span, size, cx, cy) {
  if (!where) return
  const [angle, offset] = where
  const c = Math.cos(angle), s = Math.sin(angle), k = size / (2 * span)
  const px = offset * c, py = offset * s, far = 4 * span
  g.beginPath()
  g.moveTo(cx + k * (px - far * s), cy - k * (py + far * c))
  g.lineTo(cx + k * (px + far * s), cy - k * (py - far * c))
  g.stroke()
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
  const size = Math.max(width, height), cx = width / 2, cy = height / 2
  const line = css(host, "--st-border-color", "#ccc")
  const ink = css(host, "--st-text-color", "#222")
  const k = size / (2 * data.span)
  g.strokeStyle = line
  g.lineWidth = 1
  for (let r = 1; r <= Math.ceil(data.span); r++) {
    g.globalAlpha = 0.6
    g.beginPath(); g.arc(cx, cy, r * k, 0, 7); g.stroke()
  }
  g.globalAlpha = 1
  const drawTruth = () => {
    if (!data.truth) return
    g.strokeStyle = data.colours.truth
    g.lineWidth = 8
    for (const neuron of data.truth) stroke(g, place(neuron), data.span, size, cx, cy)
  }
  g.globalAlpha = 0.5
  drawTruth()
  state.now = data.students.map((neurons, s) => neurons.map((neuron, h) => {
    const goal = place(neuron)
    const from = state.from?.[s]?.[h] ?? goal
    return between(from, goal, t)
  }))
  state.now.forEach((places, s) => {
    g.strokeStyle = data.colours.students[s % data.colours.students.length]
    places.forEach((where, h) => {
      const strength = data.weight ? data.weight[s][h] : 1
      g.globalAlpha = 0.12 + 0.55 * strength
      g.lineWidth = 1.25
      stroke(g, where, data.span, size, cx, cy)
    })
  })
  if (data.found) {
    g.globalAlpha = 1
    g.strokeStyle = data.colours.found
    g.lineWidth = 2
    g.setLineDash([9, 6])
    for (const neuron of data.found) stroke(g, place(neuron), data.span, size, cx, cy)
    g.setLineDash([])
  }
  g.globalAlpha = 0.75
  g.font = "12px ui-sans-serif, system-ui, sans-serif"
  g.fillStyle = ink
  g.textAlign = "right"
  g.fillText("input 1 →", width - 10, height - 10)
  g.textAlign = "left"
  g.fillText("↑ input 2", 10, 18)
  g.globalAlpha = 1
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
    state = { canvas, host: parentElement.host ?? parentElement, from: null, now: null }
    state.watch = new ResizeObserver(() => state.data && draw(state, 1))
    state.watch.observe(canvas)
    STATES.set(parentElement, state)
  }
  state.from = state.now
  state.data = data
  canvas.style.height = data.height + "px"
  canvas.setAttribute("aria-label", data.alt)
  canvas.dataset.students = String(data.students.length)
  glide(state)
  return () => {
    cancelAnimationFrame(state.frame)
    state.watch.disconnect()
    STATES.delete(parentElement)
  }
}
