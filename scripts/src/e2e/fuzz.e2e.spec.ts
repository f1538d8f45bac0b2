import { newId, openApiOf } from '@chorus/chassis'
import { addressesOf } from '@chorus/stack'
import fc from 'fast-check'
import { describedServices } from '../services.js'
import { Documented } from './documented.js'
import { sharedShop } from './shared.js'
import { fire, Shots, type Shot } from './shots.fixtures.js'
import { someUser, type System } from './system.js'

const SEED = 20260301
const AT_ONCE = 20
const ROUNDS = 25

const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url')
const claims = { sub: 'mallory', iss: 'chorus-dev', aud: 'chorus', exp: 9_999_999_999 }
// prettier-ignore
const HEADERS = [
  { alg: 'ES256' }, { alg: 'none' }, { alg: ['ES256'] }, { alg: 'ES256', crit: ['b64'], b64: false }, null, 'x', [],
]
// prettier-ignore
const BAD_TOKENS = [
  '', 'x', 'Bearer', 'Bearer ', 'Bearer x', 'Bearer x.y.z', 'Bearer ..', 'Basic YTpi', 'bearer a.b.c',
  ...HEADERS.map((header) => `Bearer ${encode(header)}.${encode(claims)}.${encode('signature')}`),
]

/** Products first: then some orders find what they ask for. */
const services = ['product', 'coupon', 'order', 'payment'].map((name) =>
  describedServices.find((service) => service.name === name)!,
)

describe('whatever is sent', function () {
  this.timeout(60_000)
  let system: System
  const tokens: Record<string, string> = Object.fromEntries(BAD_TOKENS.map((token, i) => [`bad ${i}`, token]))
  const ids = [newId()]
  before(async function () {
    this.timeout(240_000)
    ;({ system } = await sharedShop())
    tokens.user = `Bearer ${await system.tokenOf(someUser(), false)}`
    tokens.admin = `Bearer ${await system.tokenOf(someUser(), true)}`
  })

  /** Later requests may ask for what this one made or found. */
  function remember(text: string): void {
    const { id, items = [] } = JSON.parse(text) as { id?: string; items?: { id?: string }[] }
    for (const found of [id, ...items.slice(0, 3).map((item) => item.id)])
      if (found !== undefined) ids.push(found)
  }

  for (const service of services) {
    const documented = new Documented(openApiOf(service))
    const shots = new Shots(documented, ids, ['none', ...Object.keys(tokens)])

    const base = () => addressesOf(system.run)[service.name]!

    async function shoot(shot: Shot): Promise<void> {
      try {
        const exchange = await fire(base(), shot, tokens[shot.token])
        documented.check(exchange)
        if (exchange.status >= 500) throw new Error(`${exchange.status} ${exchange.text}`)
        const isJson = exchange.headers.get('content-type')?.startsWith('application/json')
        if (exchange.status < 300 && isJson) remember(exchange.text)
      } catch (cause) {
        throw new Error(`${(cause as Error).message}\n${JSON.stringify(shot)}`, { cause })
      }
    }

    // Leaving the group and joining it takes a second each time, and the whole system would wait meanwhile.
    const harmless = documented.operations().filter(({ path }) => !path.startsWith('/admin/consumption/'))
    for (const { path, method, operation } of harmless) {
      it(`${method.toUpperCase()} ${path} of ${service.name} answers as its document says`, async () => {
        const batches = fc.array(shots.of(path, method, operation), {
          minLength: AT_ONCE,
          maxLength: AT_ONCE,
        })
        const { errorInstance } = await fc.check(
          fc.asyncProperty(batches, async (batch) => void (await Promise.all(batch.map(shoot)))),
          { seed: SEED, numRuns: ROUNDS, endOnFailure: true },
        )
        if (errorInstance) throw errorInstance as Error
      })
    }
  }
})
