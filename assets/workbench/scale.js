// Axes: heights on a logarithmic or linear axis, places from left to right, each with a window.

export const LOWEST = 1e-17
export const HANG = 0.7

const SUPERSCRIPT = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" }

export function power(exponent) {
  return "10" + String(exponent).split("").map(c => SUPERSCRIPT[c] ?? c).join("")
}

// a number in few characters: 3.2·10⁻⁷ where it is small, 0.43 or 12 where it is not
export function short(value) {
  if (!Number.isFinite(value)) return "–"
  if (value === 0) return "0"
  const size = Math.abs(value)
  if (size >= 0.01 && size < 10000) return String(Number(value.toPrecision(3)))
  const exponent = Math.floor(Math.log10(size))
  return `${(value / 10 ** exponent).toFixed(1)}·${power(exponent)}`
}

// a power of ten to one digit, for columns of numbers that differ by decades
export function decade(value) {
  return value > 0 ? Math.log10(value).toFixed(1).replace("-", "−") : "−∞"
}

export function degrees(angle) {
  return angle > 0 && angle < 0.01 ? "<0.01°" : `${Number(angle.toPrecision(3))}°`
}

export function value(height, log) {
  return log ? Math.log10(Math.max(height, LOWEST)) : height
}

// never infinite, and never zero on a logarithmic axis
export function heightOf(v, log) {
  return log ? Math.min(Math.max(10 ** v, Number.MIN_VALUE), Number.MAX_VALUE) : v
}

// everything there is to see of a tree's heights, as values of the axis
export function wholeRange(tree, log) {
  const highest = tree.nodes > tree.vectors ? tree.height[tree.nodes - 1] : 0
  const top = Math.max(highest, tree.scale, LOWEST)
  if (!log) return [-0.06 * top, 1.06 * top]
  // down to the first merge; rounding is shown only where something merges there
  const first = Math.max(tree.nodes > tree.vectors ? tree.height[tree.vectors] : LOWEST, LOWEST)
  const low = Math.max(Math.log10(LOWEST), Math.min(Math.floor(Math.log10(first)) - 1, -4))
  return [low - 1.1, Math.ceil(Math.log10(top)) + 0.4]
}

// a window [low, high] moved and stretched about a point, never beyond the whole
export function zoomed([low, high], about, factor, [least, most], smallest) {
  const span = Math.min(most - least, Math.max(smallest, (high - low) * factor))
  const share = (about - low) / (high - low)
  return shifted([about - share * span, about + (1 - share) * span], 0, [least, most])
}

export function shifted([low, high], by, [least, most]) {
  const span = high - low
  const start = Math.max(least, Math.min(most - span, low + by))
  return [start, start + span]
}

// ticks [{ v, label }]: decades, thinned to those that fit; round numbers on a linear axis
export function ticks([low, high], log, room) {
  if (log) {
    const every = [1, 2, 4, 8].find(n => (high - low) / n <= room) ?? 16
    const found = []
    const floor = low <= -17
    for (let e = Math.ceil(Math.max(low, -16) / every) * every; e <= high; e += every) {
      if (!floor || e + 17 >= 0.7 * every) found.push({ v: e, label: power(e) })
    }
    if (floor) found.unshift({ v: -17, label: "≤ " + power(-17) })
    return found
  }
  const rough = (high - low) / Math.max(room, 1), size = 10 ** Math.floor(Math.log10(rough))
  const step = size * ([1, 2, 5].find(n => n * size >= rough) ?? 10)
  const found = []
  for (let i = Math.ceil(low / step); i * step <= high; i++) {
    if (i >= 0) found.push({ v: i * step, label: String(Number((i * step).toPrecision(6))) })
  }
  return found
}

export function linear(from0, from1, to0, to1) {
  const k = (to1 - to0) / (from1 - from0 || 1)
  return v => to0 + (v - from0) * k
}
