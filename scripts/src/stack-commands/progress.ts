import {
  connectorOf,
  emitters,
  findDeployables,
  type Deployable,
  type Progress,
  type Settings,
} from '@chorus/stack'
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
type Outcome = 'done' | 'failed' | 'skipped'

/** One line of the list; its task may come up after its step is over. */
interface Line {
  readonly outcome: Promise<Outcome>
  readonly settle: (outcome: Outcome) => void
  title: string
  task?: Task
}

function liveList(steps: readonly string[]): ProgressView {
  const lines = new Map(steps.map((step) => [step, lineOf(step)]))
  const list = new Listr<object>(
    [...lines.values()].map((line) => ({
      title: line.title,
      task: async (_: object, task: Task) => {
        line.task = task
        const outcome = await line.outcome
        task.title = line.title
        if (outcome === 'failed') throw new Error(line.title)
        if (outcome === 'skipped') task.skip()
      },
    })),
    // the launcher stops the parts in their order on Ctrl-C: the list must not end the process itself
    { concurrent: true, exitOnError: false, registerSignalListeners: false, collectErrors: false },
  )
  const shown = list.run()
  return {
    show: ({ step, state, note, ms }) => {
      const line = lines.get(step)
      if (!line) return
      if (state === 'note') line.title = `${titleOf(step)} (${note})`
      if (state === 'done') line.title = `${titleOf(step)} ${seconds(ms)}`
      if (line.task) line.task.title = line.title
      if (state === 'done' || state === 'failed') line.settle(state)
    },
    end: async () => {
      for (const line of lines.values()) line.settle('skipped')
      await shown
    },
  }
}

function lineOf(step: string): Line {
  let settle!: Line['settle']
  const outcome = new Promise<Outcome>((resolve) => {
    settle = resolve
  })
  return { outcome, settle, title: titleOf(step) }
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

const namesOf = (services: readonly Deployable[]) => services.map(({ name }) => name)

function stepsOf(settings: Settings): string[] {
  const services = findDeployables(settings.servicesDir)
  const gateway = settings.gatewayMain === undefined ? [] : ['gateway']
  const first = ['checks', 'jars', 'postgres', 'databases', 'kafka', 'topics', 'connect']
  return [...first, ...gateway, ...namesOf(services), ...namesOf(emitters(services)).map(connectorOf)]
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
