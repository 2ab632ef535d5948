// Files that are saved from the bench: the pictures, the clusters, every vector.

import { penOf, ratioNow } from "../canvas/surface.js"
import { picture } from "./draw.js"
import { asCsv, asJson } from "./export.js"

/** @param {string} name @param {BlobPart} content @param {string} type */
function give(name, content, type) {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(new Blob([content], { type }))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}

/** @param {BenchScreen} screen */
function savePng(screen) {
  const image = new Image(), url = URL.createObjectURL(new Blob([picture(screen)], { type: "image/svg+xml" }))
  image.onload = () => {
    const canvas = document.createElement("canvas"), k = Math.max(2, ratioNow())
    canvas.width = k * image.width
    canvas.height = k * image.height
    penOf(canvas).drawImage(image, 0, 0, canvas.width, canvas.height)
    canvas.toBlob(png => { if (png) give("clusters.png", png, "image/png") })
    URL.revokeObjectURL(url)
  }
  image.src = url
}

/** @type {Record<string, (screen: BenchScreen) => void>} */
const KINDS = {
  svg: screen => give("clusters.svg", picture(screen), "image/svg+xml"),
  png: savePng,
  json: ({ bench }) => give("clusters.json", asJson(bench.tree, bench.cut, bench.found, bench.names), "application/json"),
  csv: ({ bench }) => {
    const maps = { pca: bench.tree.map, umap: bench.umap?.map ?? null }
    give("clusters.csv", asCsv(bench.tree, bench.cut, bench.found, maps), "text/csv")
  },
}

/** @param {BenchScreen} screen @param {string} kind svg, png, json or csv */
export function save(screen, kind) {
  KINDS[kind](screen)
}
