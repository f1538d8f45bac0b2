import type { RunFile } from '@chorus/stack'

/** Plays a short demonstration on a running stack. */
export async function demo(_run: RunFile): Promise<void> {}
