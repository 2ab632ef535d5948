// The students' losses while they train: one line each on a logarithmic axis, drawn on a canvas.
//
// data: { series: [[loss, …], …], at: [iteration, …], status: [text, …], floor, label,
//         styles: [[colour, [stroke, gap, …], mark], …] }
// The canvas stays in the page between updates; hovering reads the nearest point.

const STATES = new WeakMap()

function css(host, name, fallback) {
  return getComputedStyle(host).getPropertyValue(name).trim() || fallback
}

function raised(n) {
  const digits = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" }
  return String(n).split("").map(c => digits[c] ?? c).join("")
}

function bounds(data) {
  let low = Infinity, high = -Infinity
  for (const line of data.series) {
    for (const value of line) {
      if (value === null || !(value > 0)) continue
      const l = Math.log10(value)
      if (l < low) low = l
      if (l > high) high = l
    }
  }
  if (!Number.isFinite(low)) { low = -2; high = 0 }
  if (data.floor > 0) low = Math.min(low, Math.max(Math.log10(data.floor) - 1, low - 6))
  return [Math.floor(low), Math.max(Math.ceil(high), Math.floor(low) + 2)]
}

function draw(state) {
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
  const ink = css(host, "--st-text-color", "#222")
  const line = css(host, "--st-border-color", "#ccc")
  const left = 46, right = width - 10, top = 10, bottom = height - 40
  const [low, high] = bounds(data)
  const last = data.at.length ? Math.max(data.at[data.at.length - 1], 10) : 10
  const X = it => left + (right - left) * it / last
  const Y = v => top + (bottom - top) * (high - Math.log10(v)) / (high - low)
  g.font = "12px ui-sans-serif, system-ui, sans-serif"
  g.lineWidth = 1
  g.textBaseline = "middle"
  const step = Math.max(1, Math.ceil((high - low) / 7))
  for (let e = high; e >= low; e -= step) {
    const y = Y(10 ** e)
    g.strokeStyle = line
    g.globalAlpha = 0.75
    g.beginPath(); g.moveTo(left, y); g.lineTo(right, y); g.stroke()
    g.globalAlpha = 0.7
    g.fillStyle = ink
    g.textAlign = "right"
    g.fillText("10" + raised(e), left - 8, y)
  }
  g.textAlign = "center"
  for (let i = 0; i <= 4; i++) {
    const it = Math.round(last * i / 4)
    g.fillText(String(it), Math.min(X(it), right - 10), bottom + 14)
  }
  g.textAlign = "right"
  g.fillText("iteration", right, height - 8)
  g.globalAlpha = 1
  if (data.floor > 0 && Math.log10(data.floor) > low) {
    g.strokeStyle = css(host, "--st-green-color", "#009E73")
    g.setLineDash([5, 4])
    g.beginPath(); g.moveTo(left, Y(data.floor)); g.lineTo(right, Y(data.floor)); g.stroke()
    g.setLineDash([])
    g.fillStyle = g.strokeStyle
    g.textAlign = "left"
    g.fillText("exact to rounding", left + 6, Y(data.floor) - 8)
  }
  const near = state.near
  data.series.forEach((values, s) => {
    const [colour, dashes] = data.styles[s]
    g.strokeStyle = colour
    g.setLineDash(dashes)
    g.lineWidth = near && near.student === s ? 3 : 1.6
    g.globalAlpha = near && near.student !== s ? 0.3 : 0.92
    g.beginPath()
    let open = false, end = null
    values.forEach((value, i) => {
      if (value === null || !(value > 0)) { open = false; return }
      const x = X(data.at[i]), y = Y(value)
      if (open) g.lineTo(x, y); else g.moveTo(x, y)
      open = true
      end = [x, y]
    })
    g.stroke()
    g.setLineDash([])
    if (end) {
      g.fillStyle = g.strokeStyle
      g.beginPath(); g.arc(end[0], end[1], 2.6, 0, 7); g.fill()
    }
  })
  g.globalAlpha = 1
  state.scale = { X, Y }
}

function hover(state, event) {
  const { canvas, data, scale, tip } = state
  if (!scale) return
  const box = canvas.getBoundingClientRect()
  const mx = event.clientX - box.left, my = event.clientY - box.top
  let best = null
  data.series.forEach((values, s) => values.forEach((value, i) => {
    if (value === null || !(value > 0)) return
    const dx = scale.X(data.at[i]) - mx, dy = scale.Y(value) - my
    const d = dx * dx + dy * dy
    if (!best || d < best.d) best = { d, student: s, i, value }
  }))
  state.near = best && best.d < 900 ? best : null
  if (state.near) {
    tip.hidden = false
    tip.textContent = `${data.label} ${best.student + 1} · iteration ${data.at[best.i]} · loss ${best.value.toExponential(2)} · ${data.status[best.student] ?? ""}`
    tip.style.left = Math.min(mx + 12, box.width - 250) + "px"
    tip.style.top = Math.max(my - 30, 0) + "px"
  } else {
    tip.hidden = true
  }
  draw(state)
}

export default function (component) {
  const { data, parentElement } = component
  const canvas = parentElement.querySelector("canvas")
  let state = STATES.get(parentElement)
  if (!state) {
    state = { canvas, tip: parentElement.querySelector(".tip"), host: parentElement.host ?? parentElement, near: null }
    state.watch = new ResizeObserver(() => draw(state))
    state.watch.observe(canvas)
    canvas.onpointermove = event => hover(state, event)
    canvas.onpointerleave = () => { state.near = null; state.tip.hidden = true; draw(state) }
    STATES.set(parentElement, state)
  }
  state.data = data
  canvas.style.height = data.height + "px"
  canvas.dataset.iteration = String(data.at.length ? data.at[data.at.length - 1] : 0)
  canvas.setAttribute("aria-label", data.alt)
  draw(state)
  return () => { state.watch.disconnect(); STATES.delete(parentElement) }
}
