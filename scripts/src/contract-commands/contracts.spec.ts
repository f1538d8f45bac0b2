import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { needsOf, subsetOf } from '@chorus/chassis'
import { contractOf, type EventType } from '@chorus/contracts'
import { breaking, canonical, subset, type Schema } from '@chorus/contracts/gate'
import { loadSettings } from '@chorus/stack'
import { expect } from 'chai'
import { describedServices } from '../services.js'
import { accept, judge } from './gate.js'

const { repo } = loadSettings({}, {})
const CANCELLED = 'contracts/events/order/order-cancelled.v1.schema.json'

describe('the contracts of the real services', () => {
  const { verdicts, pending } = judge(repo)

  it('break nobody', () => {
    const broken = breaking(verdicts).map(({ text }) => text)
    expect(broken, `\n${broken.join('\n')}\n`).to.eql([])
  })

  it('are accepted', () => {
    const message = `not accepted yet: ${pending.join(', ')}; to accept: npx chorus contracts accept`
    expect(pending, message).to.eql([])
  })

  for (const service of describedServices) {
    it(`are checked by ${service.name} in the same part as by the gate`, () => {
      for (const [type, paths] of Object.entries(needsOf(service)) as [EventType, string[]][]) {
        const schema = contractOf(type).schema as Schema
        const read = canonical(subsetOf(schema, paths))
        expect(read).to.eql(canonical(paths.length > 0 ? subset(schema, paths) : schema))
      }
    })
  }
})

describe('chorus contracts', () => {
  let root: string
  const git = (...args: string[]) => execFileSync('git', ['-C', root, ...args], { stdio: 'pipe' })
  const edit = (file: string, change: (text: string) => string) => {
    const place = path.join(root, file)
    writeFileSync(place, change(readFileSync(place, 'utf8')))
  }
  const said = (ref?: string) =>
    judge(root, ref).verdicts.map(({ kind, compatible }) => `${compatible} ${kind}`)

  function commitAll(message: string): void {
    git('add', '--all')
    git(
      '-c',
      'user.name=spec',
      '-c',
      'user.email=spec@example.org',
      'commit',
      '--quiet',
      '--message',
      message,
    )
  }

  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'chorus-contracts-'))
    for (const part of ['definitions.schema.json', 'envelope.schema.json', 'events', 'examples', 'history'])
      cpSync(path.join(repo, 'contracts', part), path.join(root, 'contracts', part), { recursive: true })
    git('init', '--quiet')
    commitAll('as it is')
  })
  afterEach(() => rmSync(root, { recursive: true, force: true }))

  it('check finds nothing against the commit that the files are from', () => {
    expect(judge(root, 'HEAD').verdicts).to.eql([])
  })

  it('check refuses what the recorded history forbids', () => {
    edit(CANCELLED, (text) => text.replace('"USER", "EXPIRED"', '"USER"'))
    expect(said()).to.eql(['false values taken away'])
  })

  it('check against a commit sees a break that was hidden by writing history anew', () => {
    edit(CANCELLED, (text) => text.replace('"USER", "EXPIRED"', '"USER"'))
    rmSync(path.join(root, 'contracts/history'), { recursive: true })
    accept(root)
    expect(said()).to.eql([])
    expect(said('HEAD')).to.eql(['false history edited', 'false values taken away'])
  })

  it('check against a commit from before the gate compares with its schemas and examples', () => {
    rmSync(path.join(root, 'contracts/history'), { recursive: true })
    commitAll('before')
    edit('contracts/examples/order/order-cancelled.v1/plain.json', (text) =>
      text.replace('"USER"', '"EXPIRED"'),
    )
    expect([said(), said('HEAD')]).to.eql([[], ['false example edited']])
  })

  it('check says when there is no such commit', () => {
    expect(() => judge(root, 'no-such-branch')).to.throw('"no-such-branch" is no commit to compare with')
    expect(() => judge(root, '--output=x')).to.throw('"--output=x" is no commit to compare with')
  })

  it('check names the file that cannot be read', () => {
    edit(CANCELLED, () => '{')
    expect(() => judge(root)).to.throw(/order-cancelled\.v1\.schema\.json cannot be read/)
    edit(CANCELLED, () => '{}')
    expect(() => judge(root)).to.throw(/order-cancelled\.v1\.schema\.json has no \$id/)
  })

  it('accept appends what is compatible, once', () => {
    edit(CANCELLED, (text) =>
      text.replace('"properties": {', '"properties": { "mood": { "type": "string" },'),
    )
    expect(judge(root).pending).to.eql(['order.OrderCancelled v1'])
    expect(accept(root)).to.eql(['order.OrderCancelled v1'])
    const record = readFileSync(path.join(root, 'contracts/history/order/order-cancelled.v1.json'), 'utf8')
    const before = JSON.parse(
      git('show', 'HEAD:contracts/history/order/order-cancelled.v1.json').toString(),
    ) as {
      revisions: object[]
    }
    const { revisions } = JSON.parse(record) as typeof before
    expect(revisions.slice(0, -1)).to.eql(before.revisions)
    expect(accept(root)).to.eql([])
    expect(said('HEAD')).to.eql(['true field added'])
  })

  it('accept refuses while something breaks, and writes nothing', () => {
    edit(CANCELLED, (text) =>
      text.replace('"properties": {', '"properties": { "mood": { "type": "string" },'),
    )
    edit('contracts/events/order/order-failed.v1.schema.json', (text) => text.replace('"PAYMENT"', '"MONEY"'))
    expect(accept(root)).to.equal(undefined)
    expect(git('status', '--short', 'contracts/history').toString()).to.equal('')
  })

  it('check ends with 0 while nothing breaks, and speaks JSON', () => {
    const chorus = path.join(repo, 'scripts/bin/chorus.js')
    const output = execFileSync(process.execPath, [chorus, 'contracts', 'check', '--json'], {
      encoding: 'utf8',
    })
    expect(JSON.parse(output)).to.include({ compatible: true })
  })
})
