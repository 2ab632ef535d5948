// A pen that writes SVG where a canvas would paint: the same drawing functions make both.

/** @param {string} text */
function escape(text) {
  return String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;")
}

/** @param {number} n */
const round = n => Number(n.toFixed(2))

export class SvgPen {
  /** @param {number} width @param {number} height */
  constructor(width, height) {
    this.width = width
    this.height = height
    /** @type {string[]} */
    this.parts = []
    this.path = ""
    /** @type {object[]} */
    this.stack = []
    this.x = this.y = 0
    /** @type {Pen["fillStyle"]} */
    this.fillStyle = "#000"
    /** @type {Pen["strokeStyle"]} */
    this.strokeStyle = "#000"
    this.lineWidth = this.globalAlpha = 1
    this.font = "12px sans-serif"
    /** @type {CanvasTextAlign} */
    this.textAlign = "left"
    /** @type {CanvasTextBaseline} */
    this.textBaseline = "alphabetic"
    /** @type {number[]} */
    this.dash = []
  }

  save() {
    const { fillStyle, strokeStyle, lineWidth, globalAlpha, font, textAlign, textBaseline, dash, x, y } = this
    this.stack.push({ fillStyle, strokeStyle, lineWidth, globalAlpha, font, textAlign, textBaseline, dash, x, y })
  }

  restore() { Object.assign(this, this.stack.pop()) }
  /** @param {number} dx @param {number} dy */
  translate(dx, dy) { this.x += dx; this.y += dy }
  /** @param {number} x @param {number} y */
  at(x, y) { return `${round(x + this.x)} ${round(y + this.y)}` }
  /** @param {number[]} dash */
  setLineDash(dash) { this.dash = dash }
  beginPath() { this.path = "" }
  /** @param {number} x @param {number} y */
  moveTo(x, y) { this.path += `M${this.at(x, y)}` }
  /** @param {number} x @param {number} y */
  lineTo(x, y) { this.path += `${this.path ? "L" : "M"}${this.at(x, y)}` }
  closePath() { this.path += "Z" }

  /** @param {number} x @param {number} y @param {number} w @param {number} h */
  rect(x, y, w, h) {
    this.path += `M${this.at(x, y)}h${round(w)}v${round(h)}h${round(-w)}Z`
  }

  /** @param {number} x @param {number} y @param {number} r */
  arc(x, y, r) {
    this.path += `M${this.at(x - r, y)}a${round(r)} ${round(r)} 0 1 0 ${round(2 * r)} 0` +
      `a${round(r)} ${round(r)} 0 1 0 ${round(-2 * r)} 0`
  }

  stroke() {
    const dash = this.dash.length ? ` stroke-dasharray="${this.dash.join(" ")}"` : ""
    this.add(`<path d="${this.path}" fill="none" stroke="${this.strokeStyle}" ` +
      `stroke-width="${round(this.lineWidth)}"${dash}`)
  }

  fill() { this.add(`<path d="${this.path}" fill="${this.fillStyle}"`) }

  /** @param {number} x @param {number} y @param {number} w @param {number} h */
  fillRect(x, y, w, h) {
    this.add(`<rect x="${round(x + this.x)}" y="${round(y + this.y)}" width="${round(Math.max(w, 0))}" ` +
      `height="${round(Math.max(h, 0))}" fill="${this.fillStyle}"`)
  }

  /** @param {number} x @param {number} y @param {number} w @param {number} h */
  strokeRect(x, y, w, h) {
    this.beginPath()
    this.rect(x, y, w, h)
    this.stroke()
  }

  /**
   * a picture, given as something with toDataURL
   * @param {{ toDataURL: () => string }} image @param {number} x @param {number} y @param {number} w @param {number} h
   */
  drawImage(image, x, y, w, h) {
    this.add(`<image x="${round(x)}" y="${round(y)}" width="${round(w)}" height="${round(h)}" ` +
      `preserveAspectRatio="none" image-rendering="pixelated" href="${image.toDataURL()}"`)
  }

  /** @param {string} text @param {number} x @param {number} y */
  fillText(text, x, y) {
    const anchor = this.textAlign === "center" ? "middle" : this.textAlign === "right" ? "end" : "start"
    const size = Number(/(\d+(\.\d+)?)px/.exec(this.font)?.[1] ?? 12)
    const down = this.textBaseline === "middle" ? 0.35 * size : this.textBaseline === "top" ? 0.8 * size : 0
    const weight = /^(\d{3}|bold)/.exec(this.font)?.[1] ?? "400"
    this.parts.push(`<text x="${round(x + this.x)}" y="${round(y + this.y + down)}" font-size="${size}" ` +
      `font-weight="${weight}" text-anchor="${anchor}" fill="${this.fillStyle}"${this.faded()}>` +
      `${escape(text)}</text>`)
  }

  faded() { return this.globalAlpha < 1 ? ` opacity="${round(this.globalAlpha)}"` : "" }
  /** @param {string} start */
  add(start) { this.parts.push(`${start}${this.faded()}/>`) }
}

/**
 * several pens side by side, [{ pen, x, y }], as one picture
 * @param {{ pen: SvgPen, x: number, y: number }[]} pens @param {number} width @param {number} height @param {string} paper
 */
export function svgOf(pens, width, height, paper) {
  const inner = pens.map(({ pen, x, y }) => (
    `<svg x="${x}" y="${y}" width="${pen.width}" height="${pen.height}">${pen.parts.join("")}</svg>`
  ))
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    `viewBox="0 0 ${width} ${height}" font-family="ui-sans-serif, system-ui, sans-serif">` +
    `<rect width="${width}" height="${height}" fill="${paper}"/>${inner.join("")}</svg>`
}
