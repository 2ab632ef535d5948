// Which map is shown: PCA is there at once; UMAP takes its place when it is ready, unless PCA was
// chosen.

/** @param {BenchScreen} screen */
export function chooseMap(screen) {
  const { bench } = screen, umap = bench.mapWanted === "UMAP" ? bench.umap : null
  bench.points = umap ? umap.map : bench.tree.map
  bench.truthPoints = umap ? umap.truthMap : bench.truth?.truthMap ?? null
  const note = screen.part.mapnote
  note.textContent = bench.mapWanted === "UMAP" ? bench.umapNote : "PCA"
  // where there is no room for all of it
  note.title = note.textContent
  // a map that was made without the truth has no place for it
  if (umap && bench.truth && umap.truthMap.length === 0) bench.truthPoints = null
}
