// Colours as numbers: taken apart, mixed, and ramps between them.

/** @param {string} text as #rrggbb @returns {Rgb} */
export function parse(text) {
  const n = parseInt(text.slice(1), 16)
  return [n >> 16, (n >> 8) & 255, n & 255]
}

/** @param {Rgb} colour */
export function hex(colour) {
  return `#${colour.map(c => c.toString(16).padStart(2, "0")).join("")}`
}

/** @param {Rgb} colour */
export function rgb(colour) {
  return `rgb(${colour.join(",")})`
}

/** @param {Rgb} a @param {Rgb} b @param {number} share @returns {Rgb} */
function between(a, b, share) {
  const at = (/** @type {0 | 1 | 2} */ i) => Math.round(a[i] + share * (b[i] - a[i]))
  return [at(0), at(1), at(2)]
}

/** @param {string} a @param {string} b @param {number} share of b */
export function mix(a, b, share) {
  return rgb(between(parse(a), parse(b), share))
}

/** 256 steps through evenly spaced colours @param {string[]} stops */
export function ramp(stops) {
  const colours = stops.map(parse), steps = []
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (colours.length - 1), k = Math.min(Math.floor(at), colours.length - 2)
    steps.push(between(colours[k], colours[k + 1], at - k))
  }
  return steps
}
