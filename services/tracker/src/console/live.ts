import { openStream } from '@chorus/chassis'
import type { RequestHandler } from 'express'
import type { Changes } from '../changes.js'

/** A page is told at most so often that something changed. */
const PAUSE_MS = 150

/**
 * Tells a page that what it shows has changed; the page asks for the new text itself.
 * @param concerns says whether a change is one of what the page shows
 */
export const live =
  (
    changes: Changes,
    concerns: (params: Record<string, string>, flowIds: readonly string[]) => boolean,
  ): RequestHandler =>
  (req, res) => {
    let timer: NodeJS.Timeout | undefined
    const stop = changes.watch((flowIds) => {
      if (timer !== undefined || !concerns(req.params as Record<string, string>, flowIds)) return
      timer = setTimeout(() => {
        timer = undefined
        stream.send({ data: 'changed' })
      }, PAUSE_MS)
    })
    const stream = openStream(req, res, () => {
      clearTimeout(timer)
      stop()
    })
  }
