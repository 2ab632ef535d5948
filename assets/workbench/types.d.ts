// Shapes of the workbench. Only for the check: no browser reads this.
//
// M vectors, nodes 0 … 2M-2 of the tree (the vectors, then the merges), F = inputs + 1 numbers each.

/** The numbers that decide what is kept: they come from Python (ec_core/cluster/view.py). */
interface Rules {
  leastStudents: number
  gammaSlack: number
  heightFloor: number
  longDecades: number
  longShare: number
  unrelated: number
  tinyNorm: number
  homeGamma: number
  homeBeta: number
}

/** What Python packs: arrays per merge or per vector, see pack_tree. */
interface Packed {
  id: string
  vectors: number
  inputs: number
  features: number
  students: number
  scale: number
  activation: string
  lowestDecade: number
  levelsPerDecade: number
  rules: Rules
  left: Int32Array
  right: Int32Array
  height: Float64Array
  size: Int32Array
  support: Int32Array
  angle: Float64Array
  spread: Float64Array
  best: Int32Array
  order: Int32Array
  student: Int32Array
  neuron: Int32Array
  sign: Int32Array
  loss: Float64Array
  norm: Float64Array
  strength: Float64Array
  coordinates: Float64Array
  map: Float32Array
  matrixPlaces: Int32Array
  matrix: Uint8Array
  /** with two inputs: (M, 3) */
  lines?: Float32Array
}

/** The tree with one entry per node, and what is found once and kept with it. */
interface Tree extends Packed {
  nodes: number
  parent: Int32Array
  leader: Int32Array
  first: Int32Array
  x: Float64Array
  place: Int32Array
  home?: { number: Int32Array, count: number }
  sets?: Map<string, SetStatistics>
  studentsThere?: number[]
  lossRange?: [number, number]
}

interface SetStatistics { size: number, support: number, angle: number, spread: number, best: number }

/** ["cut", node, height], ["merge", node, node, …], ["keep", node] or ["drop", node] */
type Edit = [word: string, ...numbers: number[]]

interface Cut { height: number, gamma: number, beta: number, rule: string, edits: Edit[] }

interface Cluster extends SetStatistics {
  nodes: number[]
  node: number
  kept: boolean
  byHand: boolean
  /** what it is called, from 0 on; -1 if rejected */
  number: number
  /** its place among the kept ones; -1 if rejected */
  index: number
}

/** label (M,) by place: index into kept, or -1 - index into rejected */
interface Found { kept: Cluster[], rejected: Cluster[], label: Int32Array }

/** so many clusters from 10^low to 10^high */
interface Plateau { low: number, high: number, count: number }

interface Past { steps: Cut[], at: number, base: number }

/** vectors or a branch (-1 for none); only: these alone, not their clusters */
interface Mark { vectors: number[], branch: number, only?: boolean }

/** what is hovered or picked, as clusters: they stand out in every view */
interface Lit { clusters: Set<Cluster>, vectors: number[], only: Set<number> | null, branch: number }

interface Truth {
  id: string
  neurons: number
  nearest: Int32Array
  distance: Float64Array
  tolerance: Float64Array
  truthMap: Float32Array
  truthLines?: Float32Array
}

interface PackedMap { id: string, map: Float32Array, truthMap: Float32Array }

/** the colours of the page, and the symbols of students */
interface Look {
  palette: string[]
  marks: string[]
  nearness: string[]
  text: string
  trunk: string
  grid: string
  faint: string
  accent: string
  paper: string
  panel: string
  soft: string
  line: string
  good: string
  warn: string
  blue: string
  onblue: string
  truth: string
  muted: string
}

/** what of the tree is seen: places x0 to x1, values of the height axis lo to hi */
interface View { log: boolean, x0: number, x1: number, lo: number, hi: number }

interface Zoom { k: number, x: number, y: number }

type Scale = (value: number) => number

interface TreeScales {
  left: number
  right: number
  top: number
  bottom: number
  X: Scale
  place: Scale
  Y: Scale
  v: Scale
}

interface MapScales { points: Float32Array, w: number, h: number, zoom: Zoom, screen: Float32Array, X: Scale, Y: Scale }

interface Sheet {
  width: number
  height: number
  ratio: number
  canvas: HTMLCanvasElement
  g: CanvasRenderingContext2D
  image: ImageData
}

/** All that is shown and can be done; no page, no drawing. */
interface Bench {
  tree: Tree
  look: Look
  points: Float32Array
  truth: Truth | null
  truthPoints: Float32Array | null
  showTruth: boolean
  umap: PackedMap | null
  umapName: string | null
  umapNote: string
  mapWanted: "PCA" | "UMAP"
  history: Past
  cut: Cut
  found: Found
  plateaus: Plateau[]
  names: Record<string, Cut>
  /** the paper's median angle of a cluster by its nodes, joined by commas */
  medians: Map<string, number>
  /** by name of a kept setting what came of building it exactly, "" for the cut in use */
  built: Record<string, string>
  view: View
  /** all there is of the height axis */
  whole: [number, number]
  mapZoom: Zoom
  colourBy: string
  sort: { key: string, down: boolean }
  hover: Mark
  picked: Mark
  lit: Lit | null
  pickedClusters: Cluster[]
  lasso: [number, number][] | null
  plateauHover: Plateau | null
  /** grows with every other set of clusters, and with everything that lights up */
  version: number
  lights: number
  /** what pictures keep from frame to frame */
  mapScale?: MapScales
  mapSheet?: Sheet
  matrixPicture?: { key: string, canvas: HTMLCanvasElement, low: number, high: number }
  treeLayer?: { key: string, lines: HTMLCanvasElement, tinted: { canvas: HTMLCanvasElement, g: CanvasRenderingContext2D } }
}

type Draw = (g: Pen, box: Box, bench: Bench, ratio: number) => void

/** What a row of the table can ask for. */
interface RowActs {
  hover: (cluster: Cluster | null) => void
  pick: (cluster: Cluster, more: boolean) => void
  judge: (cluster: Cluster, keep: boolean) => void
  use: (name: string) => void
  forget: (name: string) => void
  sorted: () => void
}

type ViewName = "tree" | "counts" | "map" | "matrix" | "plane"

/** What Python says, with every answer and at every visit. */
interface BenchData {
  tree: string
  map: string | null
  umap: string
  truth: string | null
  showTruth: boolean
  look: Look
  problem: string | null
  used: string
  /** somebody else's run, which may be looked at */
  lookOnly?: boolean
  history: { steps: Cut[], at: number }
  serial: string
  names: Record<string, Cut>
  built?: Record<string, string>
  /** the nodes of the clusters that Python keeps */
  kept: number[][]
  medians: [string, number][]
  refused: string | null
  refusedSerial: string | null
}

/** What the tab remembers of a tree until Python has it, see memory.js. */
interface TabRecord {
  seen: string
  cut: Cut
  origin: string
  first: number
  latest: number
  last: number
  before: Span[]
  base: number
  steps: Cut[]
  at: number
  names: Record<string, Cut> | null
}

interface Span { origin: string, first: number, last: number }

type TabStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">

/** How far messages to Python have come, see sync.js. */
interface Exchange {
  storage: TabStorage | null
  tell: (name: string, value: unknown) => void
  origin: string
  count: number
  first?: number
  latest: number
  seen: string
  seenCut: Cut
  before: Span[]
  serial: string
  posted: Set<string>
  sentAt: number
  retry: ReturnType<typeof setInterval> | null
  namesPending: boolean
  gone: boolean
  /** what Python said last, and of which kind that is */
  word?: [string, string]
}

/** The page's parts and what is under way on them. */
interface BenchScreen extends Exchange {
  root: HTMLElement
  /** null while the tree is on its way: then nothing but a sentence is on the page */
  bench: Bench
  part: Record<string, HTMLElement>
  canvas: Record<ViewName, HTMLCanvasElement>
  cutLine: HTMLElement
  tipBox: HTMLElement
  tableBody: HTMLTableSectionElement
  acts: RowActs
  watch: ResizeObserver
  /** what Python said last comes in (again) */
  update: () => void
  listener: () => void
  leaving: () => void
  /** of each picture what it was drawn from, null where it is drawn every time */
  drawnFrom: Partial<Record<ViewName, string | null>>
  frame: number
  wordsDue: boolean
  wordsAt: number
  wordsTimer: ReturnType<typeof setTimeout> | null
  pressed: boolean
  rowsDue: boolean
  dragging: boolean
  dialling: string | null
  settling: ReturnType<typeof setTimeout> | null
  wanting: boolean
  note: string | null
  factsText: string
  answeredFor: Cut | null
  saidLast: string
}

interface HTMLTableRowElement { cluster?: Cluster }

/** by the place that was given them */
declare var ecBlobs: Map<object, { id: string, data: Uint8Array }> | undefined
