// Where things are in the picture of a race, without a canvas: heats side by side, who fell behind,
// and names at the ends of the curves that do not lie on one another.

const ROUNDS = [6, 12, 24, 48]
const GAP = 18, LEAST_SHARE = 0.35, STRETCH = 0.6, TICK = 30

/** @param {RaceCurve} curve the last point that is a number @returns {RacePoint | null} */
export function endOf({ at, losses }) {
  for (let i = at.length - 1; i >= 0; i--) {
    const loss = losses[i]
    if (loss !== null && loss > 0) return { at: at[i], loss }
  }
  return null
}

/** iterations that a heat's picture has room for: to the end of the round @param {RaceHeat} heat */
export function spanOf({ curves }) {
  const last = Math.max(1, ...curves.map(({ at }) => at[at.length - 1] ?? 0))
  return ROUNDS.find(end => end >= last) ?? last
}

/**
 * what became of each curve: "dived" below the line, "behind" when the others went on without it
 * @param {RaceHeat} heat @param {number} line @param {boolean} over
 * @returns {RaceState[]}
 */
export function statesOf({ curves }, line, over) {
  const last = Math.max(0, ...curves.map(({ at }) => at[at.length - 1] ?? 0))
  const someone = curves.some(curve => (endOf(curve)?.loss ?? Infinity) <= line)
  return curves.map(curve => {
    const end = endOf(curve)
    if (end && end.loss <= line) return "dived"
    // side by side nobody is more than one iteration ahead of those still in the race
    return over && someone || (curve.at[curve.at.length - 1] ?? 0) < last - 1 ? "behind" : "racing"
  })
}

/**
 * the heats side by side, each as wide as its rounds are long, the newest never small
 * @param {number[]} spans @param {number} left @param {number} right @returns {{ left: number, right: number }[]}
 */
export function panels(spans, left, right) {
  const room = right - left - GAP * (spans.length - 1), total = spans.reduce((a, b) => a + b, 0) || 1
  const least = spans.length > 1 ? LEAST_SHARE : 1
  const share = Math.max(least, (spans[spans.length - 1] ?? 1) / total)
  const before = total - (spans[spans.length - 1] ?? 0) || 1
  let x = left
  return spans.map((span, i) => {
    const wide = room * (i === spans.length - 1 ? share : (1 - share) * span / before)
    const panel = { left: x, right: x + wide }
    x += wide + GAP
    return panel
  })
}

/**
 * heights as near to the wanted ones as labels of one height can stand; in the order given
 * @param {number[]} wanted @param {number} size @param {number} top @param {number} bottom
 */
export function spread(wanted, size, top, bottom) {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b] || a - b)
  const step = Math.min(size, (bottom - top) / Math.max(wanted.length - 1, 1))
  /** @type {{ at: number, count: number, sum: number }[]} groups that stand close, their middle where theirs is */
  const groups = []
  for (const i of order) {
    groups.push({ at: wanted[i], count: 1, sum: wanted[i] })
    for (;;) {
      const b = groups[groups.length - 1], a = groups[groups.length - 2]
      b.at = inside(b.sum / b.count, (b.count - 1) * step / 2, top, bottom)
      if (!a || a.at + (a.count + b.count) * step / 2 <= b.at + 1e-9) break
      groups.pop()
      a.sum += b.sum
      a.count += b.count
    }
  }
  const heights = new Array(wanted.length)
  let k = 0
  for (const { at, count } of groups) {
    for (let j = 0; j < count; j++) heights[order[k++]] = at + (j - (count - 1) / 2) * step
  }
  return heights
}

/** @param {number} at @param {number} half @param {number} top @param {number} bottom */
function inside(at, half, top, bottom) {
  return Math.min(Math.max(at, top + half), bottom - half)
}

/**
 * as much of a curve as has been run at an iteration that may lie between two, on the screen
 * @param {RaceCurve} curve @param {number} until @param {(at: number) => number} X @param {(loss: number) => number} Y
 * @returns {RaceSpot[]}
 */
export function grown({ at, losses }, until, X, Y) {
  /** @type {RaceSpot[]} */
  const points = []
  for (const [i, iteration] of at.entries()) {
    const loss = losses[i]
    if (loss === null || !(loss > 0)) continue
    const next = { at: iteration, loss, x: X(iteration), y: Y(loss) }
    if (iteration <= until) { points.push(next); continue }
    const before = points[points.length - 1]
    if (before && until > before.at) points.push(between(before, next, (until - before.at) / (iteration - before.at)))
    break
  }
  return points
}

/** on the straight line between two points @param {RaceSpot} a @param {RaceSpot} b @param {number} t @returns {RaceSpot} */
function between(a, b, t) {
  return { at: a.at + t * (b.at - a.at), loss: b.loss, x: a.x + t * (b.x - a.x), y: a.y + t * (b.y - a.y) }
}

/**
 * the powers of ten that are shown: from above the worst curve to below the floor
 * @param {RaceData} data
 */
export function decades({ heats, floor, line }) {
  let low = Math.log10(line), high = 0
  for (const { curves } of heats) {
    for (const { losses } of curves) {
      for (const loss of losses) {
        if (loss === null || !(loss > 0)) continue
        low = Math.min(low, Math.log10(loss))
        high = Math.max(high, Math.log10(loss))
      }
    }
  }
  // the whole way down is there from the start: the dive is seen as one
  if (floor > 0) low = Math.min(low, Math.log10(floor) - 1)
  // a start from afar does not press the race together
  return { low: Math.floor(low) - 1, high: Math.min(Math.ceil(high), 2) }
}

/**
 * from a loss to its height: the decades on top, where the wrong ones stall, are drawn taller than
 * those below, through which the right one only falls
 * @param {{ high: number, low: number }} range @param {number} top @param {number} bottom
 */
export function scaleOf({ high, low }, top, bottom) {
  return (/** @type {number} */ loss) => {
    const down = Math.min(Math.max((high - Math.log10(loss)) / (high - low), 0), 1)
    return top + (bottom - top) * down ** STRETCH
  }
}

/**
 * the powers of ten that are named: as many as stand apart
 * @param {{ high: number, low: number }} range @param {(loss: number) => number} Y
 */
export function ticks({ high, low }, Y) {
  const named = []
  for (let e = high; e > low; e--) {
    const y = Y(10 ** e), last = named[named.length - 1]
    if (last === undefined || y - Y(10 ** last) >= TICK) named.push(e)
  }
  return named
}
