import type { InitializeHook, LoadHook } from 'node:module'
import { edited, type Edit } from './mutation.js'

let edits: readonly Edit[] = []

/** Node calls this with what `register` was given. */
export const initialize: InitializeHook<readonly Edit[]> = (data) => {
  edits = data
}

/** Changes the text of the files that are named. @throws Error when a text is not there any more */
export const load: LoadHook = async (url, context, next) => {
  const loaded = await next(url, context)
  const own = edits.filter(({ file }) => url.endsWith(`/${file}`))
  const { source } = loaded
  if (own.length === 0 || source === undefined) return loaded
  const text = typeof source === 'string' ? source : new TextDecoder().decode(source)
  return { ...loaded, source: edited(text, own) }
}
