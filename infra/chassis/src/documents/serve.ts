import { Router, type Request, type Response } from 'express'
import { Problem } from '../problem.js'
import type { Service } from '../service.js'
import { asyncApiOf } from './asyncapi.js'
import { openApiOf } from './openapi.js'
import { docsPage, problemPage, problemsPage } from './pages.js'
import { explainedProblems } from './problems.js'

/** Answers a page, or data to a client that likes JSON better. */
function answer(req: Request, res: Response, data: object, page: () => string): void {
  res.vary('Accept')
  if (req.accepts(['html', 'json']) === 'json') res.json(data)
  else res.type('html').send(page())
}

/** Serves what a service says about itself: its documents, and the explanation of every problem. */
export function documents(service: Service): Router {
  const openApi = openApiOf(service)
  const asyncApi = asyncApiOf(`Chorus ${service.name}`, [service])
  return Router()
    .get('/openapi.json', (_req, res) => void res.json(openApi))
    .get('/asyncapi.json', (_req, res) => void res.json(asyncApi))
    .get('/docs', (_req, res) => void res.type('html').send(docsPage(service)))
    .get('/problems', (req, res) =>
      answer(req, res, { items: explainedProblems }, () => problemsPage(service, explainedProblems)),
    )
    .get('/problems/:code', (req, res) => {
      const problem = explainedProblems.find(({ code }) => code === req.params.code)
      if (!problem) throw new Problem('NOT_FOUND', 'There is no problem with this code.')
      answer(req, res, problem, () => problemPage(service, problem))
    })
}
