import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Context } from './context.js'
import type { Jars } from './jars.js'
import { logOf } from './layout.js'
import type { Part } from './supervisor.js'

/** A Java program of the stack. */
export interface JavaPart {
  readonly name: string
  readonly main: string
  readonly args: readonly string[]
  readonly heapMegabytes: number
  readonly stopMs: number
}

/** The Java that was found and the jars that it runs. */
export interface Java {
  /** What `java -version` printed. */
  readonly version: string
  readonly jars: Jars
}

/**
 * Starts a Java program. Its first orderly end leaves an archive of its loaded classes in the cache, which
 * saves the later starts about a third of their time.
 */
export function runJava(context: Context, java: Java, spec: JavaPart): Part {
  const archive = archiveOf(java, spec.name)
  const fresh = `${archive}.part-${process.pid}`
  return context.run({
    name: spec.name,
    command: 'java',
    args: [
      ...commonFlags(context, java.jars),
      `-Xmx${spec.heapMegabytes}m`,
      existsSync(archive) ? `-XX:SharedArchiveFile=${archive}` : `-XX:ArchiveClassesAtExit=${fresh}`,
      spec.main,
      ...spec.args,
    ],
    cwd: context.layout.run,
    env: { ...context.settings.inherited, ...context.settings.javaEnv },
    logFile: logOf(context.layout, spec.name),
    stopMs: spec.stopMs,
    stopped: () => {
      if (existsSync(fresh)) renameSync(fresh, archive)
    },
  })
}

/** The flags that every Java program of the stack gets. */
export function commonFlags(context: Pick<Context, 'layout' | 'settings'>, jars: Jars): string[] {
  const { layout, settings } = context
  return [
    '-cp',
    jars.classPath,
    '-XX:+UseSerialGC',
    '-Xshare:auto',
    '-Xlog:disable',
    '-Xlog:all=error:stderr',
    `-XX:ErrorFile=${layout.logs}/java-crash-%p.log`,
    `-Djava.io.tmpdir=${path.join(layout.run, 'tmp')}`,
    `-Dlog4j2.configurationFile=${pathToFileURL(path.join(settings.repo, 'infra/kafka/log4j2.properties')).href}`,
  ]
}

/**
 * Writes a property file of the repository with further values at its end, where they win.
 * @returns the merged file, in the run folder.
 */
export function mergeProperties(
  { layout, settings }: Context,
  source: string,
  overrides: Readonly<Record<string, string>>,
): string {
  const base = readFileSync(path.join(settings.repo, source), 'utf8')
  const lines = Object.entries(overrides).map(([name, value]) => `${name}=${value.replaceAll('\\', '\\\\')}`)
  const file = path.join(layout.run, path.basename(source))
  writeFileSync(file, [base, '# of this stack', ...lines, ''].join('\n'))
  return file
}

function archiveOf({ version, jars }: Java, name: string): string {
  // an archive fits one build of Java only
  const hash = createHash('sha256').update(version).digest('hex').slice(0, 8)
  return path.join(jars.folder, `${name}-${hash}.jsa`)
}
