// The five pictures by their names, and all that are on the page as one file.

import { boxOf } from "../canvas/surface.js"
import { short } from "../canvas/text.js"
import { drawCounts } from "./counts.js"
import { drawTree } from "./dendrogram.js"
import { drawMap } from "./map.js"
import { drawMatrix } from "./matrix.js"
import { SvgPen, svgOf } from "./pen.js"
import { drawPlane } from "./plane.js"
import { isShown } from "./screen.js"

/** @type {Record<ViewName, Draw>} */
export const DRAW = { tree: drawTree, counts: drawCounts, map: drawMap, matrix: drawMatrix, plane: drawPlane }

/** @type {ViewName[]} */
export const VIEWS = ["tree", "counts", "map", "matrix", "plane"]

/** @type {ViewName[]} */
const FIRST_ROW = ["tree", "counts", "map"]
const EDGE = 12, GAP = 14, TITLE = 34

/** what is on the page, as one SVG text @param {BenchScreen} screen */
export function picture(screen) {
  const { bench } = screen, { cut, found, look } = bench, names = VIEWS.filter(name => isShown(screen, name))
  /** @type {{ pen: SvgPen, x: number, y: number }[]} */
  const pens = []
  let width = 0, top = TITLE
  for (const first of [true, false]) {
    let x = EDGE, tall = 0
    for (const name of names.filter(other => FIRST_ROW.includes(other) === first)) {
      const box = boxOf(screen.canvas[name]), pen = new SvgPen(box.w, box.h)
      DRAW[name](pen, box, bench, 0)
      pens.push({ pen, x, y: top })
      x += box.w + GAP
      tall = Math.max(tall, box.h)
    }
    width = Math.max(width, x)
    top += tall + GAP
  }
  const title = new SvgPen(width, 30)
  title.fillStyle = look.text
  title.font = "600 14px sans-serif"
  title.fillText(`${found.kept.length} neurons found · cut at ${short(cut.height)} · γ ${cut.gamma} · β ${cut.beta}°`, EDGE, 21)
  return svgOf([{ pen: title, x: 0, y: 0 }, ...pens], Math.round(width), Math.round(top), look.paper)
}
