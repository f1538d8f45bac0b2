import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { examine } from '../doctor/doctor.js'
import type { Known, Trouble } from '../doctor/patient.js'
import { oldJava, quietFailures } from './failures.fixtures.js'
import type { Failure, Scene } from './inflict.fixtures.js'
import { losses } from './losses.fixtures.js'
import { sharedShop } from './shared.js'
import { standstills } from './standstills.fixtures.js'
import { chorus, until } from './system.js'
import { quiet } from './topics.js'

/** G8: each silent failure is found in this time. */
const FOUND_WITHIN_S = 30

const is =
  ({ part, says }: Failure) =>
  (trouble: Trouble) =>
    trouble.part === part && says.test(trouble.what)

describe('the doctor', function () {
  this.timeout(120_000)
  let scene: Scene
  const table = ['| Failure | Found after | What the doctor names |', '| --- | --- | --- |']
  before(async function () {
    this.timeout(240_000)
    scene = await sharedShop()
    await quiet(scene.system)
    await untilWell()
  })
  after(() =>
    writeFileSync(fileURLToPath(new URL('../failures.md', import.meta.url)), `${table.join('\n')}\n`),
  )

  const look = async (known: Partial<Known> = {}) =>
    (await examine(scene.system.run, known)).flatMap(({ troubles }) => troubles)
  const untilWell = async () => {
    let left: Trouble[] = []
    await until('the system to be well', async () => {
      left = await look()
      return left.length === 0
    }).catch((error: Error) => {
      throw new Error(`${error.message}: ${JSON.stringify(left)}`)
    })
  }
  /** Does what the doctor names: a statement for the database of the part, or a command. */
  async function obey({ part, mend }: Trouble): Promise<unknown> {
    if (/^[A-Z]{4}/.test(mend)) return scene.system.sql(part, mend)
    if (!mend.startsWith('npx chorus ')) return promisify(execFile)('sh', ['-c', mend])
    const { code, output } = await chorus([...mend.split(' ').slice(2), '--home', scene.system.home])
    if (code !== 0) throw new Error(output)
    return undefined
  }

  /** Looks again and again until all of them were seen. @returns what was seen of each, and after how many seconds */
  async function seen(
    failures: readonly Failure[],
    since: ReadonlyMap<Failure, number>,
    known: Partial<Known>,
  ) {
    const found = new Map<Failure, { trouble: Trouble; seconds: number }>()
    let last: Trouble[] = []
    await until('all to be found', async () => {
      last = await look(known)
      for (const failure of failures) {
        const trouble = last.find(is(failure))
        if (!trouble || found.has(failure)) continue
        found.set(failure, { trouble, seconds: (Date.now() - since.get(failure)!) / 1000 })
      }
      return found.size === failures.length
    }).catch((error: Error) => {
      throw new Error(`${error.message}, found only ${JSON.stringify(last)}`)
    })
    return found
  }

  async function findsAndMends(failures: readonly Failure[], known: Partial<Known> = {}): Promise<void> {
    const since = new Map<Failure, number>()
    for (const failure of failures) {
      await failure.inflict(scene)
      since.set(failure, Date.now())
    }
    const found = await seen(failures, since, known)
    for (const failure of failures.toReversed()) {
      const { trouble } = found.get(failure)!
      await (failure.mend?.(scene) ?? obey(trouble))
    }
    for (const [{ name }, { trouble, seconds }] of found) {
      table.push(`| ${name} | ${seconds.toFixed(1)} s | \`${trouble.mend}\` |`)
      expect(seconds, name).to.be.lessThan(FOUND_WITHIN_S)
    }
    await untilWell()
  }

  it('finds nothing in a system that is well, and says so', async () => {
    const { code, output } = await chorus(['doctor', '--home', scene.system.home])
    expect(code, output).to.equal(0)
    expect(output).to.contain('well').and.to.not.contain('TROUBLE')
  })

  it('finds what can be seen at a look, and what it names mends it', () =>
    findsAndMends(quietFailures, { mostKeptBytes: 8 * 1024 ** 2, longestMs: 2000 }))

  it('finds what stands still, and what it names mends it', async () => {
    await findsAndMends(standstills)
    await quiet(scene.system)
  })

  it('finds what is lost between an outbox and its topic, and a redrive mends it', () =>
    findsAndMends(losses))

  it('finds a wrong clock, a full disk and wrong versions, as far as one machine can show', async () => {
    const away = oldJava()
    const found = await look({
      now: () => Date.now() + 60_000,
      enoughDiskBytes: Number.MAX_SAFE_INTEGER,
      versions: { node: '18.0.0', postgres: '17', kafka: '3.9.0', debezium: '3.0.0.Final' },
    }).finally(away)
    const told = found.map(({ part, what }) => `${part}: ${what}`).join('\n')
    for (const expected of [
      /^disk: only .* GB are free/m,
      /^postgres: the clock of Postgres and this machine's differ by (59|60)/m,
      /^node: Node 18.0.0 is too old/m,
      /^java: Java 11 is too old/m,
      /^postgres: it is 18, not 17/m,
      /^kafka: it is [\d.]+, not 3.9.0/m,
      /^debezium: it is [\d.]+Final, not 3.0.0.Final/m,
    ])
      expect(told).to.match(expected)
  })
})
