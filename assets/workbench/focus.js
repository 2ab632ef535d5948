// Rows are made anew whenever something changes; whoever is on one of their buttons by keyboard
// stays on it.

function controlsOf(row) {
  return [...row.querySelectorAll("button, input")]
}

// the row that says the same: of the same cluster or kept setting, else the one in its place
function again(rows, gone, place) {
  const node = gone.cluster?.node, name = gone.firstElementChild?.textContent
  const same = row => (node === undefined ? row.firstElementChild?.textContent === name : row.cluster?.node === node)
  return rows.find(same) ?? rows[Math.min(place, rows.length - 1)]
}

// to be called before rows are made anew; what it gives is called after that
export function focusIn(root, focused) {
  const row = focused?.closest(".table tr, .saved tr")
  if (!row) return () => {}
  const section = row.parentElement, place = row.sectionRowIndex, index = controlsOf(row).indexOf(focused)
  return () => {
    if (root.contains(focused)) return
    const rows = [...section.rows]
    controlsOf(again(rows, row, place))[index]?.focus({ preventScroll: true })
  }
}
