// What the points are coloured by: their cluster, their student, or their student's loss. A symbol
// goes with every colour; of a loss the colour is one of a ramp, and its number is one hover away.

import { colourOf, ramp, symbolOf } from "./colour.js"

export const CHOICES = ["cluster", "student", "loss"]

function hex([r, g, b]) {
  return `#${[r, g, b].map(c => c.toString(16).padStart(2, "0")).join("")}`
}

const MARKS = ["circle", "square", "triangle", "diamond"]

// the same as in every other picture of the students: student_style in ec_core/figures/theme.py
function styleOf(look, student) {
  const turn = Math.floor(student / look.palette.length)
  return { kind: MARKS[turn % MARKS.length], colour: colourOf(look, student) }
}

function studentsOf(tree) {
  return tree.studentsThere ??= [...new Set(tree.student)].sort((a, b) => a - b)
}

// the decades of the losses, those that are zero or no numbers at the lowest and highest
export function lossRange(tree) {
  if (!tree.lossRange) {
    const decades = Array.from(tree.loss).filter(loss => loss > 0 && Number.isFinite(loss)).map(Math.log10)
    const low = decades.reduce((a, b) => Math.min(a, b), decades[0] ?? 0)
    const high = decades.reduce((a, b) => Math.max(a, b), decades[0] ?? 0)
    tree.lossRange = [low, high > low ? high : low + 1]
  }
  return tree.lossRange
}

export function lossRamp(look) {
  return ramp([look.palette[0], look.trunk, look.palette[1]])
}

// { kind, colour } of a vector that is not coloured by its cluster
export function tintOf(bench) {
  const { tree, look } = bench
  if (bench.colourBy === "student") {
    return v => styleOf(look, tree.student[v])
  }
  const [low, high] = lossRange(tree), colours = lossRamp(look).map(hex)
  return v => {
    const loss = tree.loss[v], share = loss > 0 ? (Math.log10(loss) - low) / (high - low) : loss === 0 ? 0 : 1
    return { kind: "circle", colour: colours[Math.round(255 * Math.max(0, Math.min(1, share)))] }
  }
}

// what a legend has to say: [{ kind, colour, text }]
export function entries(bench) {
  const { tree, found, look } = bench
  if (bench.colourBy === "student") {
    return studentsOf(tree).map(student => ({ ...styleOf(look, student), text: String(student + 1) }))
  }
  return found.kept.map(({ number }) => ({ kind: symbolOf(number), colour: colourOf(look, number), text: String(number + 1) }))
}
