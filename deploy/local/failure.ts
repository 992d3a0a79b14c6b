/** A fault whose message is one sentence that says what is wrong and what to do; it is printed without a stack. */
export class Failure extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'Failure'
  }
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

export const hasCode = (error: unknown, ...codes: readonly string[]): boolean => codes.includes(codeOf(error) ?? '')

export const diskFull = (what: string): Failure =>
  new Failure(`The disk is full (${what}): free about 1 GB, then run the same command again.`)

/** The text of tools that were run for us (npm, Maven, apt, Go), reduced to the one cause a reader can act on. */
const explainOutput = (output: string): string | undefined => {
  if (/ENOSPC|No space left on device/i.test(output)) return 'the disk is full: free about 1 GB'
  if (/ENOTFOUND|EAI_AGAIN|Temporary failure resolving|no such host|Unknown host|Could not resolve/i.test(output)) {
    return 'a download server could not be found: check the network or the proxy settings'
  }
  if (/ECONNREFUSED|ECONNRESET|ETIMEDOUT|EIDLETIMEOUT|Connection refused|timed out|Connection reset/i.test(output)) {
    return 'a download was refused or broke off: check the network or the proxy settings'
  }
  if (/EINTEGRITY|checksum mismatch|Checksum validation failed|Hash Sum mismatch/i.test(output)) {
    return 'a download arrived damaged'
  }
  return undefined
}

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1)?.trim() || 'it said nothing'

/** One sentence for a tool that failed: the known cause, or the last line it wrote. */
export const toolFailure = (what: string, output: string): Failure =>
  new Failure(`${what} failed: ${explainOutput(output) ?? lastLine(output)}. Then run the same command again.`)

/** What a command line prints for an error: the sentence of a Failure, the stack of anything else. */
export const sentenceOf = (error: unknown): string => {
  if (error instanceof Failure) return error.message
  if (hasCode(error, 'ENOSPC')) return diskFull(error instanceof Error ? error.message : '').message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
