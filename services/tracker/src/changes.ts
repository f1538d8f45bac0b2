type Listener = (flowIds: readonly string[]) => void

/** Whoever asked looks on for a while: pages and programs ask again. */
const LOOKS_MS = 10_000

/** Tells those who look of each flow that changed, and knows whether there are any. */
export class Changes {
  private readonly listeners = new Set<Listener>()
  private readonly waiting = new Set<() => void>()
  private askedMs = -Infinity

  /** @returns a function that stops it */
  watch(listener: Listener): () => void {
    this.listeners.add(listener)
    this.asked()
    return () => {
      this.listeners.delete(listener)
    }
  }

  tell(flowIds: readonly string[]): void {
    for (const listener of this.listeners) listener(flowIds)
  }

  /** Somebody asks for something. */
  asked(): void {
    this.askedMs = performance.now()
    for (const end of this.waiting) end()
  }

  /** Waits for so long, or until somebody looks. */
  unseen(ms: number): Promise<void> {
    if (this.listeners.size > 0 || performance.now() - this.askedMs < LOOKS_MS) return Promise.resolve()
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer)
        this.waiting.delete(end)
        resolve()
      }
      const timer = setTimeout(end, ms)
      this.waiting.add(end)
    })
  }
}
