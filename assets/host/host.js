// The host's page, renewed while somebody looks at it. It works without this too, more slowly.

const EVERY = 2000

/**
 * What is about to be pressed, or has been asked: it must not change under a hand.
 * @param {Element} main
 */
const held = main => main.querySelector("details[open], button:hover, summary:hover")

/**
 * What a button does, to find it again.
 * @param {Element} button
 */
const act = button => `${button.closest("form")?.querySelector("input")?.value} ${button.textContent}`

/**
 * Put what is true now in the place of what was; the focus stays where it was.
 * @param {Element} main
 * @param {string} html
 */
function put(main, html) {
  const focused = main.contains(document.activeElement) ? document.activeElement : null
  const before = focused && act(focused)
  main.innerHTML = html
  if (before === null) return
  const same = [...main.querySelectorAll("button, summary")].find(button => act(button) === before)
  if (same instanceof HTMLElement) same.focus()
}

async function renew() {
  const main = document.querySelector("main")
  if (main && document.visibilityState === "visible" && !held(main)) {
    try {
      const answer = await fetch("host/now", { cache: "no-store" })
      if (answer.status === 401) {
        location.reload()
        return
      }
      const html = await answer.text()
      if (answer.ok && !held(main)) put(main, html)
      main.classList.remove("old")
    } catch {
      // the server does not answer: what stands there is of before
      main.classList.add("old")
    }
  }
  setTimeout(renew, EVERY)
}

setTimeout(renew, EVERY)
