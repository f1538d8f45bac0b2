import type { Request, Response } from 'express'
import { setTimeout as pause } from 'node:timers/promises'
import { render, spanOf } from './render.js'

/** The fields of a form that was sent. */
export type Form = Record<string, string | undefined>

/** Reads a form; a field that came twice counts as not sent. */
export const formOf = (body: unknown): Form =>
  Object.fromEntries(Object.entries(body ?? {}).filter(([, value]) => typeof value === 'string'))

/** What was asked for, as Postgres can hold it; undefined when it is empty. */
export const textOf = (value: unknown) =>
  typeof value === 'string' && value !== '' ? value.replaceAll('\0', '') : undefined

/** What went wrong, for a person. */
export const inWords = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** True when a page that is open asks for the part of it that changes. */
export const isPart = (req: Request): boolean => req.get('X-Part') !== undefined

/** A page is to open at once, whatever is stopped or busy. */
const SOON_MS = 100

/**
 * What a page can do without at first: undefined when it is not known soon.
 * @param later called once it is known after all
 */
export async function ifSoon<T>(answer: Promise<T>, later?: () => void): Promise<T | undefined> {
  const soon = await Promise.race([answer, pause(SOON_MS, undefined, { ref: false })])
  if (soon === undefined && later) answer.then(later, () => {})
  return soon
}

/** Answers with the whole page, or only with the part that changes, for a page that is open. */
export function show(req: Request, res: Response, name: string, view: object): void {
  res.setHeader('Cache-Control', 'no-store')
  res.vary('X-Part')
  res.type('html').send(render(isPart(req) ? `${name}-part` : name, { ...view, spanOf }))
}
