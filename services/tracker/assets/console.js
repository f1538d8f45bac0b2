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

/** What is shown is old once the server does not answer, though its clocks run on: then the page says so. */
const stale = document.querySelector('#stale')
let asOf = new Date(now())
function answered(well) {
  if (well) asOf = new Date(now())
  else if (stale.hidden)
    stale.textContent = `The tracker does not answer. This is how it was at ${asOf.toISOString().slice(11, 19)} UTC.`
  stale.hidden = well
}

const PATIENCE_MS = 5000

/** Asks for the part of the page that changes, and puts it in place; what was opened stays open. */
async function refresh() {
  const signal = AbortSignal.timeout(PATIENCE_MS)
  // The answer to a form that was refused has the address that the form was sent to.
  const answer = await fetch(live.dataset.part ?? location.href, { headers: { 'X-Part': '1' }, signal })
  if (answer.redirected) return location.reload()
  if (!answer.ok) throw new Error(`it answered ${answer.status}`)
  const text = await answer.text()
  answered(true)
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

/** Has the server tell when something changed, while somebody looks: a browser has few connections to one server. */
function listen(want) {
  let source
  const open = () => {
    source?.close()
    if (document.hidden) return
    source = new EventSource(live.dataset.live)
    source.addEventListener('message', want)
    // What happened while there was no connection is not told again.
    source.addEventListener('open', want)
    source.addEventListener('error', want)
  }
  document.addEventListener('visibilitychange', open)
  open()
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
      await refresh().catch(() => answered(false))
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
    busy = false
  }
  const want = () => {
    wanted = true
    if (!busy) void work()
  }
  if (live.dataset.live) listen(want)
  // What is waited for may have another reason by now; no event tells that.
  const always = live.dataset.poll !== undefined
  setInterval(
    () => {
      if ((always || !stale.hidden || live.querySelector('.hop-wait')) && !document.hidden) want()
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
