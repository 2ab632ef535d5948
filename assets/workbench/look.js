// Colours and symbols of clusters, the same everywhere; a colour never carries a meaning alone.

// star-free: stars mean the truth
export const SYMBOLS = ["circle", "square", "diamond", "triangle", "cross", "pentagon", "ring"]

/** @param {Look} look @param {number} number */
export function colourOf(look, number) {
  return number < 0 ? look.faint : look.palette[number % look.palette.length]
}

/** @param {number} number */
export function symbolOf(number) {
  return number < 0 ? "open" : SYMBOLS[number % SYMBOLS.length]
}
