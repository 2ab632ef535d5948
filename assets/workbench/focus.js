// Rows are made anew whenever something changes; whoever is on one of their buttons by keyboard
// stays on it.

/** @param {HTMLTableRowElement} row @returns {HTMLElement[]} */
function controlsOf(row) {
  return [...row.querySelectorAll(/** @type {"button"} */ ("button, input"))]
}

/**
 * the row that says the same: of the same cluster or kept setting, else the one in its place
 * @param {HTMLTableRowElement[]} rows @param {HTMLTableRowElement} gone @param {number} place
 */
function again(rows, gone, place) {
  const node = gone.cluster?.node, name = gone.firstElementChild?.textContent
  const same = rows.find(row => (
    node === undefined ? row.firstElementChild?.textContent === name : row.cluster?.node === node
  ))
  return same ?? rows.at(Math.min(place, rows.length - 1))
}

/**
 * to be called before rows are made anew; what it gives is called after that
 * @param {HTMLElement} root @param {HTMLElement | null} focused
 */
export function focusIn(root, focused) {
  const row = /** @type {HTMLTableRowElement | null | undefined} */ (focused?.closest(".table tr, .saved tr"))
  if (!focused || !row) return () => {}
  const section = /** @type {HTMLTableSectionElement} */ (row.parentElement)
  const place = row.sectionRowIndex, index = controlsOf(row).indexOf(focused)
  return () => {
    if (root.contains(focused)) return
    const other = again([...section.rows], row, place)
    if (other) controlsOf(other)[index]?.focus({ preventScroll: true })
  }
}
