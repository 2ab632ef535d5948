// Shapes of the live pictures: what pages send, and what stays in the page between updates.

interface LiveData { height: number, alt: string }

/** colour, [stroke, gap, …] of the line, kind of point */
type Style = [string, number[], string]

interface LossData extends LiveData {
  /** one line per student; null where there is no loss */
  series: (number | null)[][]
  /** the iterations they belong to */
  at: number[]
  status: string[]
  /** at this loss a student explains the answers exactly */
  floor: number
  label: string
  styles: Style[]
}

interface PlaneData extends LiveData {
  /** per student and neuron w1, w2, b */
  students: [number, number, number][][]
  /** how strongly each is drawn, 0 to 1 */
  weight: number[][] | null
  truth: [number, number, number][] | null
  found: [number, number, number][] | null
  span: number
  colours: { students: string[], truth: string, found: string }
}

interface CloudData extends LiveData {
  /** per student and neuron its point in a projection that stays */
  students: [number, number][][]
  truth: [number, number][] | null
  span: number
  styles: Style[]
  colours: { truth: string }
}

interface RacePoint { at: number, loss: number }

/** a point of a curve on the screen */
interface RaceSpot extends RacePoint { x: number, y: number }

type RaceState = "racing" | "behind" | "dived"

interface RaceCurve {
  name: string
  /** the iterations, and the loss of the best student after each */
  at: number[]
  losses: (number | null)[]
  style: Style
}

interface RaceHeat {
  /** which students, in words and in fewer words */
  title: string
  short: string
  curves: RaceCurve[]
}

interface RaceData extends LiveData {
  heats: RaceHeat[]
  /** at this loss rounding is all that is left; below the line a candidate is recovered */
  floor: number
  line: number
  over: boolean
  words: Record<RaceState | "floor" | "line", string>
  colours: { ghost: string, soft: string }
}

interface Stage<Data> {
  canvas: HTMLCanvasElement
  tip: HTMLElement
  host: Element
  data: Data
  draw: (g: CanvasRenderingContext2D, box: Box, stage: Stage<Data>, t: number) => void
  frame: number
  watch: ResizeObserver
}
