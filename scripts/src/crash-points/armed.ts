/**
 * Loaded before a command (`--import`): it ends at the point that the address of this module names, or, when none is
 * named, leaves the boundaries that it crossed in a file.
 */
import { writeFileSync } from 'node:fs'
import { arm, crossings, watch } from './probe.js'

const { searchParams } = new URL(import.meta.url)
const [point, nth, file] = ['point', 'nth', 'file'].map((name) => searchParams.get(name))

if (typeof point === 'string') arm(point, Number(nth))
else watch()
if (typeof file === 'string') process.on('exit', () => writeFileSync(file, JSON.stringify(crossings())))
