// What the points are coloured by: their cluster, their student, or their student's loss. A symbol
// goes with every colour; of a loss the colour is one of a ramp, and its number is one hover away.

import { hex, ramp } from "../canvas/colour.js"
import { colourOf, symbolOf } from "./look.js"

export const CHOICES = ["cluster", "student", "loss"]

/** the same as in every other picture of the students @param {Look} look @param {number} student */
function styleOf(look, student) {
  const turn = Math.floor(student / look.palette.length)
  return { kind: look.marks[turn % look.marks.length], colour: colourOf(look, student) }
}

/** @param {Tree} tree */
function studentsOf(tree) {
  tree.studentsThere ??= [...new Set(tree.student)].sort((a, b) => a - b)
  return tree.studentsThere
}

/**
 * the decades of the losses, those that are zero or no numbers at the lowest and highest
 * @param {Tree} tree
 */
export function lossRange(tree) {
  if (!tree.lossRange) {
    const decades = Array.from(tree.loss).filter(loss => loss > 0 && Number.isFinite(loss)).map(Math.log10)
    const low = decades.reduce((a, b) => Math.min(a, b), decades[0] ?? 0)
    const high = decades.reduce((a, b) => Math.max(a, b), decades[0] ?? 0)
    tree.lossRange = [low, high > low ? high : low + 1]
  }
  return tree.lossRange
}

/** @param {Look} look */
export function lossRamp(look) {
  return ramp([look.palette[0], look.trunk, look.palette[1]])
}

/**
 * symbol and colour of a vector that is not coloured by its cluster
 * @param {Bench} bench @returns {(vector: number) => { kind: string, colour: string }}
 */
export function tintOf(bench) {
  const { tree, look } = bench
  if (bench.colourBy === "student") return v => styleOf(look, tree.student[v])
  const [low, high] = lossRange(tree), colours = lossRamp(look).map(hex)
  return v => {
    const loss = tree.loss[v], share = loss > 0 ? (Math.log10(loss) - low) / (high - low) : loss === 0 ? 0 : 1
    return { kind: "circle", colour: colours[Math.round(255 * Math.max(0, Math.min(1, share)))] }
  }
}

/** what a legend has to say @param {Bench} bench */
export function entries(bench) {
  const { tree, found, look } = bench
  if (bench.colourBy === "student") {
    return studentsOf(tree).map(student => ({ ...styleOf(look, student), text: String(student + 1) }))
  }
  return found.kept.map(({ number }) => ({ kind: symbolOf(number), colour: colourOf(look, number), text: String(number + 1) }))
}
