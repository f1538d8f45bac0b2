import { Eta } from 'eta'
import { fileURLToPath } from 'node:url'

const folder = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url))

const eta = new Eta({ views: folder('pages'), cache: true })

/** Where the style and the scripts are. */
export const assets = folder('assets')

/** Makes a page. @param name of the template @returns HTML */
export const render = (name: string, view: object): string => eta.render(`./${name}`, view)

/** A time span as people say it. */
export function spanOf(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`
}
