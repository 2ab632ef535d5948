// The symbols that stand for vectors: a colour never carries a meaning alone. Stars mean the truth.

/** @param {Pen} g @param {number} corners @param {number} r @param {number} inner share of r between two corners */
function polygon(g, corners, r, inner = 1) {
  const points = inner === 1 ? corners : 2 * corners
  for (let i = 0; i < points; i++) {
    const angle = -Math.PI / 2 + (2 * Math.PI * i) / points, radius = i % 2 && inner !== 1 ? r * inner : r
    const x = radius * Math.cos(angle), y = radius * Math.sin(angle)
    if (i) g.lineTo(x, y); else g.moveTo(x, y)
  }
  g.closePath()
}

/**
 * one symbol of radius r about (x, y), in one colour
 * @param {Pen} g @param {string} kind @param {number} x @param {number} y @param {number} r @param {string} colour
 */
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
  else if (kind === "star") polygon(g, 5, r, 0.45)
  else if (kind === "cross") {
    g.rect(-r, -0.36 * r, 2 * r, 0.72 * r)
    g.rect(-0.36 * r, -r, 0.72 * r, 2 * r)
  } else g.arc(0, 0, kind === "open" ? 0.8 * r : r, 0, 2 * Math.PI)
  if (kind === "open" || kind === "ring") { g.lineWidth = kind === "ring" ? 0.55 * r : 1.1; g.stroke() }
  else g.fill()
  g.restore()
}
