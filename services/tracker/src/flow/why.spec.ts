import { expect } from 'chai'
import { whyMissing, type Suspect } from './why.js'

const well: Suspect = { name: 'product', answers: true, lag: 0, task: 'RUNNING' }
const because = (more: Partial<Suspect>) => whyMissing({ ...well, ...more }).because

describe('why something is missing', () => {
  it('is told by what stands first in its way', () => {
    const setAside = { key: 'o', type: 'OrderCreated', reason: 'DATA_INVALID', detail: 'no items' }
    expect(because({ setAside, answers: false })).to.include('OrderCreated aside (DATA_INVALID: no items)')
    expect(because({ answers: false, lag: 3 })).to.equal('product does not answer')
    expect(because({ task: 'FAILED', lag: 3 })).to.include('task is FAILED')
    expect(because({ lag: 3, lastError: 'x' })).to.equal('product has still to hear 3 messages')
    expect(because({ lastError: 'deadlock' })).to.equal('the last error of product: deadlock')
  })

  it('is somebody outside when the service is well', () => {
    expect(whyMissing({ ...well, name: 'payment' }).mend).to.equal('look at the payment gateway')
  })
})
