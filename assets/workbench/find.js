// What somebody typed to find: a neuron of a student, a student, or a cluster.

import { markOf } from "./bench.js"

const NEURON = /^(?:student|s)?\s*(\d+)\s*(?:[.,:/-]|\s)\s*(?:neuron|n)?\s*(\d+)$/i
const STUDENT = /^(?:student|s)?\s*(\d+)$/i
const CLUSTER = /^(?:cluster|c)\s*(\d+)$/i

/**
 * { mark } or { words }: why there is nothing of that kind. Students and neurons begin with 1.
 * @param {Bench} bench @param {string} text @returns {{ mark?: Mark, words?: string }}
 */
export function find(bench, text) {
  const { tree, found } = bench, asked = text.trim(), all = Array.from(tree.student.keys())
  const only = (/** @type {number[]} */ vectors) => ({ mark: { vectors, branch: -1, only: true } })
  const cluster = CLUSTER.exec(asked), neuron = NEURON.exec(asked), student = STUDENT.exec(asked)
  if (cluster) {
    const kept = found.kept.find(c => c.number + 1 === Number(cluster[1]))
    return kept ? { mark: markOf(tree, kept) } : { words: `No cluster ${cluster[1]} is kept at this cut.` }
  }
  const asks = neuron ?? student
  if (asks === null) {
    return { words: `“${asked}” names nothing here: type a neuron as 3.7 (student 3, neuron 7), a student as 3, or “cluster 2”.` }
  }
  const number = Number(asks[1]), own = all.filter(v => tree.student[v] + 1 === number)
  if (own.length === 0) return { words: `No vector of a student ${number} is in the tree; there are students ${names(tree.student)}.` }
  if (neuron === null) return only(own)
  const vectors = own.filter(v => tree.neuron[v] + 1 === Number(neuron[2]))
  if (vectors.length) return only(vectors)
  const there = names(own.map(v => tree.neuron[v]))
  return { words: `Student ${number} has no neuron ${neuron[2]} in the tree, only ${there}: dead and constant neurons are left out.` }
}

/** 1 to 5, 7 and 9: stretches of whole numbers, counted from 1 @param {Iterable<number>} values */
function names(values) {
  const sorted = [...new Set(values)].sort((a, b) => a - b), runs = /** @type {[number, number][]} */ ([])
  for (const value of sorted) {
    const last = runs[runs.length - 1]
    if (last && last[1] === value - 1) last[1] = value
    else runs.push([value, value])
  }
  const texts = runs.map(([a, b]) => (a === b ? `${a + 1}` : b === a + 1 ? `${a + 1}, ${b + 1}` : `${a + 1} to ${b + 1}`))
  return texts.length > 1 ? `${texts.slice(0, -1).join(", ")} and ${texts[texts.length - 1]}` : texts[0]
}
