// Colours and symbols of clusters, the same everywhere; a colour never carries a meaning alone.

// star-free: stars mean the truth
export const SYMBOLS = ["circle", "square", "diamond", "triangle", "cross", "pentagon", "ring"]

export function colourOf(look, number) {
  return number < 0 ? look.faint : look.palette[number % look.palette.length]
}

export function symbolOf(number) {
  return number < 0 ? "open" : SYMBOLS[number % SYMBOLS.length]
}

export function parse(hex) {
  const n = parseInt(hex.slice(1), 16)
  return [n >> 16, (n >> 8) & 255, n & 255]
}

export function mix(a, b, share) {
  const to = parse(b)
  return `rgb(${parse(a).map((c, i) => Math.round(c + share * (to[i] - c))).join(",")})`
}

// 256 steps [r, g, b] through evenly spaced colours
export function ramp(stops) {
  const colours = stops.map(parse), steps = []
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (colours.length - 1), k = Math.min(Math.floor(at), colours.length - 2)
    steps.push(colours[k].map((c, j) => Math.round(c + (at - k) * (colours[k + 1][j] - c))))
  }
  return steps
}

function polygon(g, corners, r, turn = -Math.PI / 2, inner = 1) {
  const points = inner === 1 ? corners : 2 * corners
  for (let i = 0; i < points; i++) {
    const angle = turn + (2 * Math.PI * i) / points, radius = i % 2 && inner !== 1 ? r * inner : r
    const x = radius * Math.cos(angle), y = radius * Math.sin(angle)
    if (i) g.lineTo(x, y); else g.moveTo(x, y)
  }
  g.closePath()
}

// one symbol of radius r about (x, y), in one colour
export function drawSymbol(g, kind, x, y, r, colour) {
  g.save()
  g.translate(x, y)
  g.fillStyle = g.strokeStyle = colour
  g.lineWidth = 1.3
  g.beginPath()
  if (kind === "square") g.rect(-0.85 * r, -0.85 * r, 1.7 * r, 1.7 * r)
  else if (kind === "diamond") polygon(g, 4, 1.25 * r)
  else if (kind === "triangle") polygon(g, 3, 1.25 * r)
  else if (kind === "pentagon") polygon(g, 5, 1.1 * r)
  else if (kind === "star") polygon(g, 5, r, -Math.PI / 2, 0.45)
  else if (kind === "cross") {
    g.rect(-r, -0.36 * r, 2 * r, 0.72 * r)
    g.rect(-0.36 * r, -r, 0.72 * r, 2 * r)
  } else g.arc(0, 0, kind === "open" ? 0.8 * r : r, 0, 2 * Math.PI)
  if (kind === "open" || kind === "ring") { g.lineWidth = kind === "ring" ? 0.55 * r : 1.1; g.stroke() }
  else g.fill()
  g.restore()
}
