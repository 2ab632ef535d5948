// What a component hands back to be called when it goes away. Streamlit (1.67) also calls what a
// call handed back that newer data overtook while the script was loading, and it does so after the
// newer call: the component is still there then and must stay.

/** @type {WeakMap<object, symbol>} */
const LATEST = new WeakMap()

/**
 * leave, for the last call on this place only
 * @param {object} place where the component is, the same for all its calls @param {() => void} leave
 */
export function leaving(place, leave) {
  const call = Symbol("call")
  LATEST.set(place, call)
  return () => { if (LATEST.get(place) === call) leave() }
}
