// Reads packed trees and cuts from a folder, prints what the browser makes of them as JSON.
// node agree.mjs FOLDER, with cases.json: [{ tree: "0.bin", cuts: [...], settings: [[gamma, beta]] }]

import { readFileSync } from "node:fs"
import { join } from "node:path"
import { cutTree, reason } from "../../assets/workbench/cut.js"
import { growTree, unpack } from "../../assets/workbench/data.js"
import { automaticHeight, counts, paperHeight, plateaus } from "../../assets/workbench/plateau.js"
import { outgoing } from "../../assets/workbench/table.js"

const folder = process.argv[2]
const cases = JSON.parse(readFileSync(join(folder, "cases.json"), "utf8"))
const answers = cases.map(({ tree: name, cuts, settings }) => {
  const tree = growTree(unpack(readFileSync(join(folder, name))))
  return {
    cuts: cuts.map(cut => {
      const found = cutTree(tree, cut)
      const plain = c => ({
        nodes: c.nodes, number: c.number + 1, kept: c.kept, size: c.size, support: c.support, angle: c.angle, spread: c.spread,
        best: c.best, outgoing: outgoing(tree, c), reason: reason(tree, cut, c),
      })
      const byVector = Array.from(tree.place, place => Math.max(found.label[place], -1))
      return { kept: found.kept.map(plain), rejected: found.rejected.map(plain), labels: byVector }
    }),
    settings: settings.map(([gamma, beta]) => ({
      counts: Array.from(counts(tree, gamma, beta)),
      plateaus: plateaus(tree, gamma, beta).map(p => [p.low, p.high, p.count]),
      plateau: automaticHeight(tree, gamma, beta),
      paper: paperHeight(tree, gamma),
    })),
  }
})
process.stdout.write(JSON.stringify(answers))
