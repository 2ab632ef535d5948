// Letters on a canvas, and numbers in few characters.

const FAMILY = "ui-sans-serif, system-ui, sans-serif"

/** @param {number} size in pixels */
export function font(size, weight = 400) {
  return `${weight === 400 ? "" : `${weight} `}${size}px ${FAMILY}`
}

/** @type {Record<string, string>} */
const SUPERSCRIPT = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" }

/** @param {number} exponent */
export function power(exponent) {
  return "10" + String(exponent).split("").map(c => SUPERSCRIPT[c] ?? c).join("")
}

/** 3.2·10⁻⁷ where it is small, 0.43 or 12 where it is not @param {number} value */
export function short(value) {
  if (!Number.isFinite(value)) return "–"
  if (value === 0) return "0"
  const size = Math.abs(value)
  if (size >= 0.01 && size < 10000) return String(Number(value.toPrecision(3)))
  const exponent = Math.floor(Math.log10(size))
  return `${(value / 10 ** exponent).toFixed(1)}·${power(exponent)}`
}

/** a power of ten to one digit, for columns of numbers that differ by decades @param {number} value */
export function decade(value) {
  return value > 0 ? Math.log10(value).toFixed(1).replace("-", "−") : "−∞"
}

/** @param {number} angle */
export function degrees(angle) {
  return angle > 0 && angle < 0.01 ? "<0.01°" : `${Number(angle.toPrecision(3))}°`
}
