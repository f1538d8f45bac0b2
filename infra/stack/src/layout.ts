import { mkdirSync } from 'node:fs'
import path from 'node:path'

/** Where a stack keeps what, as absolute paths. */
export interface Layout {
  readonly home: string
  readonly data: string
  readonly logs: string
  readonly keys: string
  /** Merged property files, temporary files and the working folders of the JVMs. */
  readonly run: string
  readonly postgresData: string
  readonly kafkaData: string
  readonly gatewayLedger: string
  readonly runFile: string
  readonly passwords: string
  /** The only folder that Connect may read secrets from. */
  readonly connectSecrets: string
}

/** The layout of a home folder; touches nothing. */
export function layoutOf(home: string): Layout {
  const inHome = (...parts: string[]) => path.join(home, ...parts)
  return {
    home,
    data: inHome('data'),
    logs: inHome('logs'),
    keys: inHome('keys'),
    run: inHome('run'),
    postgresData: inHome('data', 'postgres'),
    kafkaData: inHome('data', 'kafka'),
    gatewayLedger: inHome('data', 'gateway', 'ledger.jsonl'),
    runFile: inHome('run.json'),
    passwords: inHome('keys', 'passwords.json'),
    connectSecrets: inHome('keys', 'connect'),
  }
}

/** Makes the folders of a home. Keys are for their owner only. */
export function makeFolders(layout: Layout): void {
  for (const folder of [
    layout.data,
    layout.logs,
    path.dirname(layout.gatewayLedger),
    path.join(layout.run, 'tmp'),
  ])
    mkdirSync(folder, { recursive: true })
  for (const folder of [layout.keys, layout.connectSecrets])
    mkdirSync(folder, { recursive: true, mode: 0o700 })
}

/** The log of a part. */
export function logOf(layout: Layout, part: string): string {
  return path.join(layout.logs, `${part}.log`)
}
