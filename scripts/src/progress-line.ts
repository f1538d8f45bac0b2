/** Shows how far a long work is, on one line of a terminal; nothing where there is none. Call `end` when it is done. */
export const progressLine = {
  show(text: string): void {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text.slice(0, process.stderr.columns - 1)}`)
  },
  end(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  },
}
