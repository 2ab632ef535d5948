// The kept settings side by side, the one in use first.

import { short } from "../canvas/text.js"
import { judged } from "./bench.js"
import { cell } from "./cells.js"
import { cutTree } from "./cut.js"

/** @type {Record<string, string>} */
const RULES = { plateau: " plateau", paper: " paper", share: " share" }

/** @param {HTMLTableSectionElement} head @param {boolean} truth */
function fillHead(head, truth) {
  const heads = ["", "cut at", "γ", "β", "by hand", "found", "rejected", "built exactly", ...(truth ? ["true neurons", "extra", "worst distance"] : []), ""]
  const top = document.createElement("tr")
  for (const label of heads) {
    const th = document.createElement(label ? "th" : "td")
    if (label) th.scope = "col"
    th.textContent = label
    top.append(th)
  }
  head.replaceChildren(top)
}

/**
 * a setting and what comes of it; key: of what was built of it
 * @param {Bench} bench @param {string} name @param {string} key @param {Cut} cut @param {Found} found @param {boolean} truth
 */
function line(bench, name, key, cut, found, truth) {
  const row = document.createElement("tr"), title = document.createElement("th")
  title.scope = "row"
  title.textContent = name
  row.append(title)
  cell(row, short(cut.height) + (RULES[cut.rule] ?? ""))
  cell(row, few(cut.gamma))
  cell(row, `${cut.beta}°`)
  cell(row, cut.edits.length ? few(cut.edits.length) : "–")
  cell(row, few(found.kept.length))
  cell(row, few(found.rejected.length))
  // what Python says of the network of just these clusters: size, loss, verdict
  cell(row, bench.built[key] ?? "–")
  const seen = truth ? judged(bench, found) : null
  if (seen) {
    cell(row, `${seen.found} of ${seen.found + seen.missing}`)
    cell(row, String(seen.extra))
    cell(row, seen.found ? short(seen.worst) : "–")
  }
  return row
}

/** @param {number} value */
function few(value) {
  return String(Number(value.toPrecision(3)))
}

/** @param {HTMLTableSectionElement} head @param {HTMLTableSectionElement} body @param {Bench} bench @param {RowActs} acts */
export function fillSaved(head, body, bench, acts) {
  const truth = bench.truth !== null && bench.showTruth
  fillHead(head, truth)
  const first = line(bench, "In use", "", bench.cut, bench.found, truth)
  first.className = "now"
  cell(first, "")
  const rows = Object.entries(bench.names).map(([name, cut]) => {
    const row = line(bench, name, name, cut, cutTree(bench.tree, cut), truth), hands = document.createElement("span")
    hands.append(button("Use", name, acts.use), button("Forget", name, acts.forget))
    cell(row, hands)
    return row
  })
  body.replaceChildren(first, ...rows)
}

/** @param {string} label @param {string} name @param {(name: string) => void} act */
function button(label, name, act) {
  const made = document.createElement("button")
  made.type = "button"
  made.textContent = label
  made.setAttribute("aria-label", `${label} the setting ${name}`)
  made.onclick = () => act(name)
  return made
}
