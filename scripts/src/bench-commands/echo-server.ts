import { order } from '@chorus/order'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import express from 'express'

/** What the framework alone can do: reads, validates and sends back the body of POST /orders. Started by `bench`. */
const route = order({ deadlineSeconds: 300 }).routes.find(
  ({ method, path }) => method === 'post' && path === '/orders',
)
const ajv = new Ajv2020({ strict: true })
formats.default(ajv)
const validate = ajv.compile((route as { body: object }).body)

const app = express()
app.post('/orders', express.json({ limit: '64kb' }), (req, res) => {
  const body: unknown = req.body
  res.status(validate(body) ? 202 : 400).json(body)
})
const server = app.listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as { port: number }).port)
})
process.once('disconnect', () => process.exit())
