import { cpus } from 'node:os'

/** What the CPUs of this machine have done so far, ms. */
export interface CpuTimes {
  idle: number
  all: number
}

const timesOfCpus = (): CpuTimes =>
  cpus().reduce(
    ({ idle, all }, { times }) => ({
      idle: idle + times.idle,
      all: all + times.user + times.nice + times.sys + times.idle + times.irq,
    }),
    { idle: 0, all: 0 },
  )

/** Tells how much of the machine's time nobody used. */
export class Spare {
  private before: CpuTimes

  constructor(private readonly timesOf: () => CpuTimes = timesOfCpus) {
    this.before = timesOf()
  }

  /** The part of all CPUs' time that was spare since this was asked before: 0 to 1. */
  part(): number {
    const { before } = this
    this.before = this.timesOf()
    const all = this.before.all - before.all
    return all > 0 ? (this.before.idle - before.idle) / all : 1
  }
}
