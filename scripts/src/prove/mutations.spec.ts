import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { edited } from './mutation.js'
import { mutations } from './mutations.js'

const repo = new URL('../../../', import.meta.url)

describe('the mutations that the auditor is held to', () => {
  for (const { fault, edits } of mutations) {
    it(`find their place in the code: ${fault}`, () => {
      for (const file of new Set(edits.map((edit) => edit.file))) {
        const text = readFileSync(fileURLToPath(new URL(file, repo)), 'utf8')
        const own = edits.filter((edit) => edit.file === file)
        expect(edited(text, own)).to.not.equal(text)
      }
    })
  }

  it('are refused when their place is gone, or is there twice', () => {
    const edit = { file: 'a.js', from: 'x', to: 'y' }
    expect(() => edited('abc', [edit])).to.throw('a.js has 0 times "x"')
    expect(() => edited('x and x', [edit])).to.throw('a.js has 2 times "x"')
  })

  it('break at least ten different things', () => {
    expect(new Set(mutations.map(({ fault }) => fault)).size).to.equal(mutations.length)
    expect(mutations.length).to.be.at.least(10)
  })
})
