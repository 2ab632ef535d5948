// What Python packs (ec_core/cluster/view.py), unpacked; and the tree with one entry per node.
//
// M vectors, nodes 0 … M-1 are the vectors, M + k is the k-th merge, heights ascend.

/** @type {Record<string, new (buffer: ArrayBuffer, at: number, count: number) => ArrayLike<number>>} */
const KINDS = { f8: Float64Array, f4: Float32Array, i4: Int32Array, u1: Uint8Array }

/** @param {Uint8Array | ArrayBuffer} bytes @returns {any} the facts, and the arrays by their names */
export function unpack(bytes) {
  // typed arrays want their place in a buffer to be a multiple of eight
  const whole = new Uint8Array(bytes.byteLength)
  whole.set(bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes)
  const length = new DataView(whole.buffer).getUint32(0, true)
  const { arrays, ...facts } = JSON.parse(new TextDecoder().decode(whole.subarray(4, 4 + length)))
  const at = 4 + length
  for (const [name, [kind, offset, count]] of Object.entries(arrays)) {
    facts[name] = new KINDS[kind](whole.buffer, at + offset, count)
  }
  return facts
}

/**
 * what every vector has (null: its own number), then what merges have
 * @template {Float64Array | Int32Array} A @param {A} all @param {number} vectors @param {number | null} leaf
 * @param {ArrayLike<number>} values
 */
function perNode(all, vectors, leaf, values) {
  for (let i = 0; i < vectors; i++) all[i] = leaf === null ? i : leaf
  all.set(values, vectors)
  return all
}

/**
 * Per node: parent (a node, -1 at the root), height, size, support, angle, spread, best,
 * leader (the vector that the larger child hands up: the branch is recognised by it),
 * first (where its vectors begin from left to right), x (where it is drawn, in places)
 * @param {Packed} packed @returns {Tree}
 */
export function growTree(packed) {
  const m = packed.vectors, merges = packed.height.length, nodes = m + merges
  const floats = (/** @type {number} */ leaf, /** @type {Float64Array} */ values) => perNode(new Float64Array(nodes), m, leaf, values)
  const whole = (/** @type {number | null} */ leaf, /** @type {Int32Array} */ values) => perNode(new Int32Array(nodes), m, leaf, values)
  const tree = {
    ...packed,
    nodes,
    parent: new Int32Array(nodes).fill(-1),
    height: floats(0, packed.height),
    size: whole(1, packed.size),
    support: whole(1, packed.support),
    angle: floats(0, packed.angle),
    spread: floats(0, packed.spread),
    best: whole(null, packed.best),
    leader: whole(null, new Int32Array(merges)),
    first: new Int32Array(nodes),
    x: new Float64Array(nodes),
    place: new Int32Array(m),
  }
  for (let p = 0; p < m; p++) {
    const v = packed.order[p]
    tree.place[v] = tree.first[v] = tree.x[v] = p
  }
  for (let k = 0; k < merges; k++) {
    const a = packed.left[k], b = packed.right[k], node = m + k
    tree.parent[a] = tree.parent[b] = node
    tree.first[node] = Math.min(tree.first[a], tree.first[b])
    tree.x[node] = (tree.x[a] + tree.x[b]) / 2
    // by students, then vectors, then where the best vector is
    const more = tree.support[b] - tree.support[a] || tree.size[b] - tree.size[a] ||
      (tree.best[b] === tree.best[node] ? 1 : -1)
    tree.leader[node] = tree.leader[more > 0 ? b : a]
  }
  return tree
}

/** the vectors below a node, from left to right @param {Tree} tree @param {number} node */
export function members(tree, node) {
  return tree.order.subarray(tree.first[node], tree.first[node] + tree.size[node])
}

/** @param {Tree} tree @param {number} node @param {number} branch */
export function isWithin(tree, node, branch) {
  const place = tree.first[node]
  return tree.size[node] <= tree.size[branch] && place >= tree.first[branch] &&
    place < tree.first[branch] + tree.size[branch]
}
