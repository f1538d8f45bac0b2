import { breaking, checkContracts } from '../check.js'
import type { Contracts } from '../model.js'
import type { Kind } from './kind.js'

const BEGIN = '<!-- kinds of change: written by npx chorus contracts table -->'
const END = '<!-- end of the kinds of change -->'

function row(kind: Kind, contracts: Contracts): string[] {
  const verdicts = breaking(checkContracts(kind.plant(contracts)))
  const names = new Set(verdicts.flatMap(({ breaks }) => breaks.map(({ service }) => service)))
  if (verdicts.length === 0) return [kind.what, 'passes', '', '']
  const proven = verdicts.some(({ proof }) => proof !== undefined)
  return [
    kind.what,
    `fails: ${verdicts.map((verdict) => verdict.kind).join(', ')}`,
    [...names].join(', ') || 'nobody today: whoever replays',
    proven ? 'yes' : '',
  ]
}

/** What the gate says to each kind of change, as a Markdown table. */
export function tableOf(kinds: readonly Kind[], contracts: Contracts): string {
  const head = ['Change', 'The gate', 'Named', 'Proved by an event']
  const rows = [head, ...kinds.map((kind) => row(kind, contracts))]
  const widths = head.map((_, i) => Math.max(...rows.map((cells) => cells[i]!.length)))
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`
  const rule = line(widths.map((width) => '-'.repeat(width)))
  return [line(head), rule, ...rows.slice(1).map(line)].join('\n')
}

/** A document with the table between its markers. @throws Error when it has no markers */
export function withTable(document: string, table: string): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`the document has no ${BEGIN} ... ${END}`)
  return `${document.slice(0, begin)}${BEGIN}\n\n${table}\n\n${document.slice(end)}`
}
