// A cell of a table, and what is in it.

/** @param {HTMLTableRowElement} row @param {string | Node} content */
export function cell(row, content, name = "") {
  const td = document.createElement("td")
  if (name) td.className = name
  td.append(content)
  row.append(td)
}
