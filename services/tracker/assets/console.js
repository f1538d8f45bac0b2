// Small additions to pages that work without them: clocks that run, and pages that follow what happens.

const live = document.querySelector('#live')

/** The server's clock, as far as it can be known here. */
const ahead = live ? Number(live.dataset.now) - Date.now() : 0
const now = () => Date.now() + ahead

/** The same words as the server's. */
function span(ms) {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`
}

function tick() {
  for (const clock of document.querySelectorAll('[data-since]')) {
    const text = span(now() - Number(clock.dataset.since))
    if (clock.textContent !== text) clock.textContent = text
  }
}
setInterval(tick, 200)

/** By this a link or a button is found again when its part of the page was put in anew. */
const nameOf = (one) =>
  [one.tagName, one.closest('details')?.id, one.getAttribute('aria-label') ?? one.getAttribute('href')].join()

/** What the server sent last. */
let shown

/** Asks for the part of the page that changes, and puts it in place; what was opened stays open. */
async function refresh() {
  const answer = await fetch(location.href, { headers: { 'X-Part': '1' } })
  if (answer.redirected) return location.reload()
  const text = await answer.text()
  // What did not change is not said again by a screen reader.
  if (text === shown) return
  shown = text
  const opened = [...live.querySelectorAll('details[open]')].map(({ id }) => id)
  const focused = live.contains(document.activeElement) ? nameOf(document.activeElement) : undefined
  live.innerHTML = text
  for (const id of opened) document.getElementById(id)?.setAttribute('open', '')
  if (focused !== undefined)
    [...live.querySelectorAll('a, button, summary, [tabindex]')]
      .find((one) => nameOf(one) === focused)
      ?.focus({ preventScroll: true })
  tick()
}

/** One refresh at a time, and not more often than the page wants. */
function follow() {
  const pauseMs = Number(live.dataset.every ?? 150)
  let wanted = false
  let busy = false
  const work = async () => {
    busy = true
    while (wanted) {
      wanted = false
      await refresh().catch(() => {})
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
    busy = false
  }
  const want = () => {
    wanted = true
    if (!busy) void work()
  }
  if (live.dataset.live) {
    const source = new EventSource(live.dataset.live)
    source.addEventListener('message', want)
    // What happened while the connection was lost is not told again.
    source.addEventListener('open', want)
  }
  // What is waited for may have another reason by now; no event tells that.
  const always = live.dataset.poll !== undefined
  setInterval(
    () => {
      if ((always || live.querySelector('.hop-wait')) && !document.hidden) want()
    },
    Number(live.dataset.poll || 2000),
  )
}
if (live) follow()

// An address that names an event opens it.
function openTarget() {
  const target =
    location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)))
  if (target?.tagName === 'DETAILS') target.open = true
}
addEventListener('hashchange', openTarget)
openTarget()

// A form that starts something says so, and cannot be sent twice.
addEventListener('submit', ({ target }) => {
  if (target.matches('form[data-once]'))
    for (const button of target.querySelectorAll('button')) setTimeout(() => (button.disabled = true))
})
