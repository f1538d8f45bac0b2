import { cpus } from 'node:os'

/** What the CPUs of this machine have done so far, ms. */
export interface CpuTimes {
  idle: number
  all: number
}

/** Reads the times of all CPUs together. */
export const cpuTimes = (): CpuTimes =>
  cpus().reduce(
    ({ idle, all }, { times }) => ({
      idle: idle + times.idle,
      all: all + times.user + times.nice + times.sys + times.idle + times.irq,
    }),
    { idle: 0, all: 0 },
  )

/** The part of all CPUs' time that nobody used between two readings: 0 to 1. */
export function spareSince(before: CpuTimes, after = cpuTimes()): number {
  const all = after.all - before.all
  return all > 0 ? (after.idle - before.idle) / all : 1
}
