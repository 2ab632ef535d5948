// What a person does to the cut, from its first movement until it is kept with the run.

import * as B from "./bench.js"
import { redraw, relit } from "./frame.js"
import { ahead, level, moving, send } from "./sync.js"

const SETTLE_MS = 350

/** one step to undo, sent to Python; null does nothing @param {BenchScreen} screen @param {Cut | null} cut */
export function commit(screen, cut) {
  if (B.commit(screen.bench, cut)) send(screen)
  else level(screen)
  redraw(screen)
}

/** shown, while it moves: nothing is kept yet @param {BenchScreen} screen @param {Cut} cut */
export function preview(screen, cut) {
  B.show(screen.bench, cut)
  ahead(screen)
  redraw(screen)
}

/** keys repeat: one step to undo for a whole movement @param {BenchScreen} screen @param {Cut} cut */
export function settle(screen, cut) {
  unsettle(screen)
  screen.settling = setTimeout(() => {
    screen.settling = null
    commit(screen, screen.bench.cut)
  }, SETTLE_MS)
  preview(screen, cut)
}

/** @param {BenchScreen} screen */
function unsettle(screen) {
  if (screen.settling) clearTimeout(screen.settling)
  screen.settling = null
}

/** whoever leaves for another part of the page has finished the movement @param {BenchScreen} screen */
export function finish(screen) {
  const pending = screen.settling !== null || screen.dialling !== null
  screen.dialling = null
  unsettle(screen)
  if (pending && screen.bench) commit(screen, screen.bench.cut)
}

/** the bench, or the tab, goes away: what is being moved ends where it is @param {BenchScreen} screen */
export function abandon(screen) {
  if (screen.bench && moving(screen)) commit(screen, screen.bench.cut)
  unsettle(screen)
}

/** back (-1) or forth in the history @param {BenchScreen} screen @param {number} direction */
export function step(screen, direction) {
  finish(screen)
  if (B.step(screen.bench, direction)) send(screen)
  redraw(screen)
}

/** a word of the toolbar about what is picked @param {BenchScreen} screen @param {string} word */
export function hand(screen, word) {
  commit(screen, B.handled(screen.bench, word))
}

/** @param {BenchScreen} screen @param {Mark | null} mark @param {boolean} more add to what is picked, or take it away */
export function pick(screen, mark, more = false) {
  B.pick(screen.bench, mark, more)
  relit(screen)
}

/** the settings kept by name, one more or one less @param {BenchScreen} screen @param {Record<string, Cut>} names */
export function keepNames(screen, names) {
  screen.bench.names = names
  send(screen, true)
  redraw(screen)
}

/** what rows of the tables can ask for @param {BenchScreen} screen @returns {RowActs} */
export function rowActs(screen) {
  const markOf = (/** @type {Cluster} */ cluster) => B.markOf(screen.bench.tree, cluster)
  return {
    hover: cluster => { B.hoverOn(screen.bench, cluster && markOf(cluster)); relit(screen) },
    pick: (cluster, more) => pick(screen, markOf(cluster), more),
    judge: (cluster, keep) => {
      B.pick(screen.bench, markOf(cluster))
      hand(screen, keep ? "keep" : "drop")
    },
    use: name => commit(screen, screen.bench.names[name]),
    forget: name => {
      keepNames(screen, Object.fromEntries(Object.entries(screen.bench.names).filter(([other]) => other !== name)))
    },
    sorted: () => redraw(screen),
  }
}
