/** A sleep that ends early when it is woken, also when the call came just before the sleep began. */
export type Pause = {
  sleep(ms: number): Promise<void>
  wake(): void
}

export const createPause = (): Pause => {
  let woken = false
  let end: (() => void) | undefined
  return {
    sleep: async (ms) => {
      if (!woken) {
        const { promise, resolve } = Promise.withResolvers<void>()
        const timer = setTimeout(resolve, ms)
        end = resolve
        await promise
        clearTimeout(timer)
        end = undefined
      }
      woken = false
    },
    wake: () => {
      woken = true
      end?.()
    },
  }
}
