#!/usr/bin/env node
// The `chorus` command: says what is missing instead of failing on an import.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { refuseOldNode } from './setup.js'

refuseOldNode()
const main = new URL('../dist/main.js', import.meta.url)
const modules = new URL('../../node_modules/.package-lock.json', import.meta.url)
if (existsSync(fileURLToPath(main)) && existsSync(fileURLToPath(modules))) await import(main.href)
else {
  console.error('Chorus is not built yet.\nTo mend it: npm start (installs, builds and starts everything)')
  process.exitCode = 1
}
