// Clusters and settings as JSON and CSV.

import { reason } from "./cut.js"
import { allMembers } from "./sets.js"
import { outgoing } from "./table.js"

function everyVector(tree, cluster) {
  return Array.from(allMembers(tree, cluster.nodes)).sort((a, b) => a - b)
}

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

export function asJson(tree, cut, found, names) {
  const clusters = [...found.kept, ...found.rejected].map(cluster => ({
    ...row(tree, cut, cluster),
    members: everyVector(tree, cluster).map(v => [tree.student[v] + 1, tree.neuron[v] + 1]),
  }))
  const facts = { vectors: tree.vectors, students: tree.students, found: found.kept.length }
  return JSON.stringify({ settings: cut, named_settings: names, ...facts, clusters }, null, 1)
}

function cell(value) {
  const text = Array.isArray(value) ? value.join(" ") : String(value ?? "")
  return /[",\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text
}

// one line per vector, so that a spreadsheet can count in any way it likes
export function asCsv(tree, cut, found) {
  const lines = []
  for (const cluster of [...found.kept, ...found.rejected]) {
    const facts = row(tree, cut, cluster)
    for (const v of everyVector(tree, cluster)) {
      lines.push({
        cluster: facts.cluster, kept: facts.kept, student: tree.student[v] + 1,
        neuron: tree.neuron[v] + 1, loss: tree.loss[v], norm: tree.norm[v], sign: tree.sign[v],
        outgoing: tree.strength[v], cluster_size: facts.size, cluster_students: facts.students,
        cluster_spread: facts.spread, cluster_angle_degrees: facts.angle_degrees, reason: facts.reason,
      })
    }
  }
  const heads = Object.keys(lines[0] ?? { cluster: 0, kept: 0, student: 0, neuron: 0 })
  return [heads.join(","), ...lines.map(line => heads.map(h => cell(line[h])).join(","))].join("\n") + "\n"
}
