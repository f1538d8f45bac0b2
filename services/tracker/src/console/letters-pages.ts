import { DeadLetters, type Choice, type Place } from '@chorus/chassis/operate'
import express, { Router, type Request, type RequestHandler, type Response } from 'express'
import { ask } from '../ask.js'
import { letterPage, lettersView, letterView, type Answer } from './letters-view.js'
import { formOf, inWords, show, textOf, type Form } from './requests.js'

export interface LettersOptions {
  /** Addresses of the services by name. */
  urls: Readonly<Record<string, string>>
  /** The services that set messages aside. */
  names: readonly string[]
}

/** Of a service. */
const SHOWN = 50
const PATIENCE_MS = 2000

type Letter = { service: string; topic: string; partition: string; offset: string }

/** The dead letters of one service, for whoever asks: the service looks at the token itself. */
const lettersOf = ({ urls }: LettersOptions, req: Request, service: string) =>
  new DeadLetters(
    (name, path, body) =>
      ask(urls, name, path, {
        authorization: req.headers.authorization ?? '',
        patienceMs: PATIENCE_MS,
        ...(body && { body }),
      }),
    [service],
  )

/** A service that does not answer must not take the others off the page. */
async function find(options: LettersOptions, req: Request, service: string, choice: Choice): Promise<Answer> {
  try {
    const [found] = await lettersOf(options, req, service).find(choice, SHOWN, { state: 'DEAD' })
    return found!
  } catch (error) {
    return { service, trouble: inWords(error) }
  }
}

async function showList(options: LettersOptions, req: Request, res: Response, trouble?: string) {
  const key = textOf(req.query.key)
  const service = options.names.find((name) => name === req.query.service)
  const names = service === undefined ? options.names : [service]
  const answers = await Promise.all(
    names.map((name) => find(options, req, name, key === undefined ? {} : { key })),
  )
  const said = { released: textOf(req.query.released), dropped: textOf(req.query.dropped), trouble }
  if (trouble !== undefined) res.status(422)
  show(req, res, 'letters', {
    title: 'Dead letters',
    page: 'dead-letters',
    ...lettersView(answers),
    ...said,
    key,
    service,
    nowMs: Date.now(),
  })
}

const list =
  (options: LettersOptions): RequestHandler =>
  (req, res) =>
    showList(options, req, res)

const placeIn = ({ topic = '', partition = '', offset = '' }: Form): Place => ({
  topic,
  partition: Number(partition),
  offset,
})

const one =
  (options: LettersOptions): RequestHandler<Letter> =>
  async (req, res) => {
    const { service } = req.params
    const view = { title: 'Dead letter', page: 'dead-letters', place: Object.values(req.params).join('/') }
    try {
      if (!options.names.includes(service)) return show(req, res, 'letter', view)
      const letters = lettersOf(options, req, service)
      const [found] = await letters.find(placeIn(req.params), 1, { whole: true })
      const letter = found?.items[0]
      if (!letter) return show(req, res, 'letter', view)
      const [waiting] =
        letter.key === null ? [] : await letters.find({ key: letter.key }, SHOWN, { state: 'WAITING' })
      const behind = (waiting?.items ?? []).filter(({ offset }) => offset !== letter.offset)
      const page = letterPage(
        letterView(service, letter),
        behind.map((other) => letterView(service, other)),
      )
      show(req, res, 'letter', { ...view, ...page, title: `Dead letter: ${page.letter.name}` })
    } catch (error) {
      show(req, res, 'letter', { ...view, trouble: inWords(error) })
    }
  }

/** Which letters a form is about: one, those of a key, or all of the service. */
function choiceIn(form: Form): Choice {
  if (form.topic !== undefined) return placeIn(form)
  return form.key === undefined ? {} : { key: form.key }
}

/** Carries out what a form asks for, and goes back to the list. */
const act =
  (
    options: LettersOptions,
    work: (letters: DeadLetters, form: Form) => Promise<Record<string, string>>,
  ): RequestHandler =>
  async (req, res) => {
    const form = formOf(req.body)
    const { service = '' } = form
    if (!options.names.includes(service)) return showList(options, req, res, 'There is no such service.')
    try {
      const said = await work(lettersOf(options, req, service), form)
      res.redirect(303, `/dead-letters?${new URLSearchParams(said).toString()}`)
    } catch (error) {
      await showList(options, req, res, inWords(error))
    }
  }

const release = async (letters: DeadLetters, form: Form) => ({
  released: String(await letters.release(choiceIn(form))),
})

async function drop(letters: DeadLetters, form: Form) {
  const why = form.why?.trim() ?? ''
  if (form.sure !== 'yes' || why === '')
    throw new Error('Nothing was dropped: it takes a reason, and the tick that it is meant')
  await letters.drop(placeIn(form), why)
  return { dropped: `${form.topic}/${form.partition}/${form.offset}` }
}

/** What services could not handle: to read, to release, to drop. */
export const lettersPages = (options: LettersOptions): Router =>
  Router()
    .use('/dead-letters', express.urlencoded({ extended: false, limit: '4kb' }))
    .get('/dead-letters', list(options))
    .get('/dead-letters/:service/:topic/:partition/:offset', one(options))
    .post('/dead-letters/release', act(options, release))
    .post('/dead-letters/drop', act(options, drop))
