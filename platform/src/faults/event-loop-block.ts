/** Holds the event loop for so long, as a regular expression or a large JSON would. */
export const blockEventLoop = (ms: number): void => {
  const until = performance.now() + ms
  let turns = 0
  while (performance.now() < until) turns += 1
}
