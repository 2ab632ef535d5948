// Clusters and settings as JSON and CSV.

import { reason } from "./cut.js"
import { allMembers } from "./sets.js"
import { outgoing } from "./table.js"

/** @param {Tree} tree @param {Cluster} cluster */
function everyVector(tree, cluster) {
  return Array.from(allMembers(tree, cluster.nodes)).sort((a, b) => a - b)
}

/** @param {Tree} tree @param {Cut} cut @param {Cluster} cluster */
function row(tree, cut, cluster) {
  return {
    cluster: cluster.kept ? cluster.number + 1 : null,
    kept: cluster.kept,
    size: cluster.size,
    students: cluster.support,
    spread: cluster.spread,
    angle_degrees: cluster.angle,
    outgoing_norm: outgoing(tree, cluster),
    best_student: tree.student[cluster.best] + 1,
    best_neuron: tree.neuron[cluster.best] + 1,
    nodes: cluster.nodes,
    reason: reason(tree, cut, cluster),
  }
}

/** @param {Tree} tree @param {Cut} cut @param {Found} found @param {Record<string, Cut>} names */
export function asJson(tree, cut, found, names) {
  const clusters = [...found.kept, ...found.rejected].map(cluster => ({
    ...row(tree, cut, cluster),
    members: everyVector(tree, cluster).map(v => [tree.student[v] + 1, tree.neuron[v] + 1]),
  }))
  const facts = { vectors: tree.vectors, students: tree.students, found: found.kept.length }
  return JSON.stringify({ settings: cut, named_settings: names, ...facts, clusters }, null, 1)
}

/** @param {unknown} value */
function cell(value) {
  const text = Array.isArray(value) ? value.join(" ") : String(value ?? "")
  return /[",\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text
}

/**
 * a vector's numbers, the bias last, and where every map that is there has it
 * @param {Tree} tree @param {Record<string, Float32Array | null>} maps @param {number} v
 */
function numbers(tree, maps, v) {
  const { features: width, coordinates } = tree
  /** @type {Record<string, number>} */
  const facts = {}
  for (let i = 0; i < width; i++) facts[i + 1 < width ? `w${i + 1}` : "b"] = coordinates[v * width + i]
  for (const [name, points] of Object.entries(maps)) {
    if (points) Object.assign(facts, { [`${name}_x`]: points[2 * v], [`${name}_y`]: points[2 * v + 1] })
  }
  return facts
}

/**
 * one line per vector, so that a spreadsheet can count in any way it likes
 * maps: by name the coordinates (M, 2) or null
 * @param {Tree} tree @param {Cut} cut @param {Found} found @param {Record<string, Float32Array | null>} [maps]
 */
export function asCsv(tree, cut, found, maps = { pca: tree.map }) {
  /** @type {Record<string, unknown>[]} */
  const lines = []
  for (const cluster of [...found.kept, ...found.rejected]) {
    const facts = row(tree, cut, cluster)
    for (const v of everyVector(tree, cluster)) {
      lines.push({
        cluster: facts.cluster, kept: facts.kept, student: tree.student[v] + 1,
        neuron: tree.neuron[v] + 1, loss: tree.loss[v], norm: tree.norm[v], sign: tree.sign[v],
        outgoing: tree.strength[v], cluster_size: facts.size, cluster_students: facts.students,
        cluster_spread: facts.spread, cluster_angle_degrees: facts.angle_degrees, reason: facts.reason,
        ...numbers(tree, maps, v),
      })
    }
  }
  const heads = Object.keys(lines[0] ?? { cluster: 0, kept: 0, student: 0, neuron: 0 })
  return [heads.join(","), ...lines.map(line => heads.map(h => cell(line[h])).join(","))].join("\n") + "\n"
}
