import { setTimeout as wait } from 'node:timers/promises'

/** Waits for a condition, asking again every 50 ms. @throws Error that names it when it does not come true */
export async function until(
  what: string,
  met: () => Promise<boolean> | boolean,
  patienceMs = 30_000,
): Promise<void> {
  const end = Date.now() + patienceMs
  while (!(await met())) {
    if (Date.now() > end) throw new Error(`waited ${patienceMs} ms for ${what}`)
    await wait(50)
  }
}
