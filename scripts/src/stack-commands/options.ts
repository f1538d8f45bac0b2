import { loadSettings, type Settings } from '@chorus/stack'
import type { Command } from 'commander'

/** Where a stack lives, as given on the command line. */
export interface HomeOptions {
  readonly home?: string
  readonly cache?: string
}

/** Adds `--home`, which every command about one stack takes. */
export function withHome(command: Command): Command {
  return command.option(
    '--home <dir>',
    'folder of the stack (default: CHORUS_HOME, or .chorus in the repository)',
  )
}

/** The settings for these options. @throws StackError when a variable is of no use. */
export function settingsFor({ home, cache }: HomeOptions, freePorts = false): Settings {
  return loadSettings({
    ...(home === undefined ? {} : { home }),
    ...(cache === undefined ? {} : { cache }),
    freePorts,
  })
}
