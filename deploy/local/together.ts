/**
 * Like Promise.all, but throws only when all have ended: whatever did start is by then in the hands of somebody who stops
 * it, and nothing goes on behind the back of the clean-up.
 */
export const together = async <const T extends readonly Promise<unknown>[]>(
  promises: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> => {
  await Promise.allSettled(promises)
  return Promise.all(promises)
}
