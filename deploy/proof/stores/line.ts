/** A log line as a store has it; times of a `Window` are in ms since 1970. */
export type StoredLine = {
  service: string
  message: string
  traceId: string
  spanId: string
  correlationId: string
}

export type Window = { fromMs: number; toMs: number }

/** Equal for the same line in whatever store. */
export const keyOfLine = ({ service, spanId, message }: StoredLine): string => `${service} ${spanId} ${message}`
