/** What is under way in this process under a key, and what waits for some of it to end. */
export type Turns = {
  enter(key: string): void
  /** Ends one that is under way and lets the first that waits try. */
  leave(key: string): void
  /** Ends one that came to nothing: what waits goes on waiting, unless nothing is left to wait for. */
  giveUp(key: string): void
  isBusy(key: string): boolean
  /** Resolves when it is this one's turn to try. Only while the key is busy. */
  wait(key: string): Promise<void>
}

export const createTurns = (): Turns => {
  const underWay = new Map<string, number>()
  const waiting = new Map<string, (() => void)[]>()

  const wakeFirst = (key: string): void => {
    const queue = waiting.get(key)
    queue?.shift()?.()
    if (queue?.length === 0) waiting.delete(key)
  }

  const end = (key: string): void => {
    const left = (underWay.get(key) ?? 1) - 1
    if (left === 0) underWay.delete(key)
    else underWay.set(key, left)
  }

  return {
    enter: (key) => void underWay.set(key, (underWay.get(key) ?? 0) + 1),
    leave: (key) => {
      end(key)
      wakeFirst(key)
    },
    giveUp: (key) => {
      end(key)
      if (!underWay.has(key)) wakeFirst(key)
    },
    isBusy: (key) => underWay.has(key),
    wait: (key) =>
      new Promise((resolve) => {
        const queue = waiting.get(key)
        if (queue) queue.push(resolve)
        else waiting.set(key, [resolve])
      }),
  }
}
