import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { StackError, messageOf } from './errors.js'

/** A service that was found: a folder with a package.json that holds `"chorus": {"port": 4001}`. */
export interface Deployable {
  /** Name of the folder; also of its database, its topic and its consumer group. */
  readonly name: string
  readonly folder: string
  /** Its port unless `CHORUS_PORT_<NAME>` says otherwise. */
  readonly port: number
  /** It hears and emits nothing of its own (`"observer": true`): it has no topic and no connector, and is told where all others are. */
  readonly observer: boolean
}

/** The services that emit: each has a topic and a connector. */
export const emitters = (deployables: readonly Deployable[]): Deployable[] =>
  deployables.filter(({ observer }) => !observer)

/**
 * The services in a folder, by name.
 * @throws StackError when a package.json cannot be read, or a name or port is of no use.
 */
export function findDeployables(servicesDir: string): Deployable[] {
  if (!existsSync(servicesDir)) return []
  return readdirSync(servicesDir)
    .sort()
    .flatMap((name) => {
      const folder = path.join(servicesDir, name)
      const manifest = path.join(folder, 'package.json')
      if (!existsSync(manifest)) return []
      const declared = declaredIn(manifest)
      if (declared === undefined) return []
      if (!/^[a-z][a-z0-9-]{0,40}$/.test(name))
        throw new StackError(
          `${folder} cannot be a service`,
          'Its name also names a database and a topic: small letters, digits and hyphens only.',
          `rename ${folder}`,
        )
      return [{ name, folder, ...declared }]
    })
}

function declaredIn(manifest: string): Pick<Deployable, 'port' | 'observer'> | undefined {
  let chorus: { port?: unknown; observer?: unknown } | undefined
  try {
    chorus = (JSON.parse(readFileSync(manifest, 'utf8')) as { chorus?: typeof chorus }).chorus
  } catch (error) {
    throw new StackError(`${manifest} cannot be read`, messageOf(error), `mend ${manifest}`, { cause: error })
  }
  if (chorus === undefined) return undefined
  const { port, observer } = chorus
  if (typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536)
    return { port, observer: observer === true }
  throw new StackError(
    `${manifest} names no usable port`,
    `"chorus": {"port": ...} must be a whole number from 1 to 65535, not ${JSON.stringify(port)}.`,
    `mend ${manifest}`,
  )
}
