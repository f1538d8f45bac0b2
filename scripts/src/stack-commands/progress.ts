import { connectorOf, findDeployables, type Progress, type Settings } from '@chorus/stack'
import { Listr, type ListrTaskWrapper, type DefaultRenderer, type SimpleRenderer } from 'listr2'

/** Shows how a start goes. */
export interface ProgressView {
  show: (progress: Progress) => void
  /** Call when the start is over, either way; settles when nothing more will be printed. */
  end: () => Promise<void>
}

/** A live list on a terminal, one line for each finished step elsewhere. */
export function progressView(settings: Settings): ProgressView {
  return process.stdout.isTTY ? liveList(stepsOf(settings)) : plainLines()
}

type Task = ListrTaskWrapper<object, typeof DefaultRenderer, typeof SimpleRenderer>

function liveList(steps: readonly string[]): ProgressView {
  const over = new AbortController()
  const tasks = new Map<string, { task?: Task; settle?: (failed: boolean) => void }>(
    steps.map((step) => [step, {}]),
  )
  const list = new Listr<object>(
    steps.map((step) => ({
      title: titleOf(step),
      task: async (_: object, task: Task) => {
        const failed = await new Promise<boolean>((settle) => {
          tasks.set(step, { task, settle })
          over.signal.addEventListener('abort', () => settle(false))
        })
        if (failed) throw new Error(titleOf(step))
        if (over.signal.aborted) task.skip()
      },
    })),
    // the launcher stops the parts in their order on Ctrl-C: the list must not end the process itself
    { concurrent: true, exitOnError: false, registerSignalListeners: false, collectErrors: false },
  )
  const shown = list.run()
  return {
    show: ({ step, state, note, ms }) => {
      const { task, settle } = tasks.get(step) ?? {}
      if (task && state === 'note') task.title = `${titleOf(step)} (${note})`
      if (task && state === 'done') task.title = `${titleOf(step)} ${seconds(ms)}`
      if (state === 'done' || state === 'failed') settle?.(state === 'failed')
    },
    end: async () => {
      over.abort()
      await shown
    },
  }
}

function plainLines(): ProgressView {
  return {
    show: ({ step, state, ms }) => {
      if (state === 'done') console.log(`${titleOf(step)}: ${seconds(ms)}`)
      if (state === 'started' && step === 'jars') console.log('Kafka and Debezium ...')
    },
    end: async () => {},
  }
}

function stepsOf(settings: Settings): string[] {
  const services = findDeployables(settings.servicesDir).map(({ name }) => name)
  const gateway = settings.gatewayMain === undefined ? [] : ['gateway']
  const first = ['checks', 'jars', 'postgres', 'databases', 'kafka', 'topics', 'connect']
  return [...first, ...gateway, ...services, ...services.map(connectorOf)]
}

function titleOf(step: string): string {
  const titles: Record<string, string> = {
    checks: 'this machine',
    jars: 'Kafka and Debezium',
    connect: 'Kafka Connect',
  }
  return titles[step] ?? step
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
