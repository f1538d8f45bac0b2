// Mocha's usual output, and the real counts in a file, so that `npm test` can add them up over all its runs.
const { writeFileSync } = require('node:fs')
const { reporters } = require('mocha')

module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options)
    runner.once('end', () => {
      const { passes, failures, pending } = runner.stats
      writeFileSync(options.reporterOptions.counts, JSON.stringify({ passes, failures, pending }))
    })
  }
}
