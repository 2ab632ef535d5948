// Shapes that all pictures share. Only for the check: no browser reads this.

interface Box { w: number, h: number }

type Rgb = [number, number, number]

/** What pictures are drawn with: a canvas' context, or SvgPen, which writes the same as SVG. */
type Pen = Pick<
  CanvasRenderingContext2D,
  "save" | "restore" | "translate" | "setLineDash" | "beginPath" | "moveTo" | "lineTo" | "closePath" | "rect" | "stroke"
  | "fillRect" | "strokeRect" | "fillText" | "lineWidth" | "globalAlpha" | "font" | "textAlign" | "textBaseline"
> & {
  fillStyle: CanvasRenderingContext2D["fillStyle"]
  strokeStyle: CanvasRenderingContext2D["strokeStyle"]
  /** whole circles only */
  arc(x: number, y: number, r: number, from: 0, to: number): void
  fill(): void
  /** only where pixels are drawn */
  clip?(): void
  imageSmoothingEnabled?: boolean
  drawImage(image: HTMLCanvasElement, x: number, y: number, w: number, h: number): void
}

/** A line on the plane: the direction (c, s) across it, and how far along it from the middle. */
interface Line { c: number, s: number, away: number }

/** k: pixels per unit; X, Y: places on the screen; x, y: back again; far: beyond every edge. */
interface PlaneScales {
  k: number
  far: number
  X: (x: number) => number
  Y: (y: number) => number
  x: (p: number) => number
  y: (p: number) => number
}

/** What Streamlit hands to a component; `data` is what Python gave it. */
interface Component<Data> {
  data: Data
  parentElement: HTMLElement | ShadowRoot
  setStateValue: (name: string, value: unknown) => void
}
