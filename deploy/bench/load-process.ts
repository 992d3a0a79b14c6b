import autocannon from 'autocannon'
import type { Call } from './scenario.ts'
import { percentile } from './statistics.ts'
import { answerQuestions } from './worker.ts'

/** `calls` holds the requests of each connection. */
export type Load = { url: string; seconds: number; calls: Call[][] }

/** Latencies in milliseconds. `answers` counts by status. */
export type LoadResult = {
  requests: number
  seconds: number
  p50: number
  p95: number
  p99: number
  answers: Record<string, number>
  faults: string[]
}

const HUNG_AFTER_SECONDS = 60

const run = ({ url, seconds, calls }: Load): Promise<LoadResult> => {
  const latencies: number[] = []
  const answers: Record<string, number> = {}
  const faults: string[] = []
  let connection = 0
  let lastAnswer = Number.NaN
  let begun = Number.NaN
  const result = (): LoadResult => {
    const sorted = Float64Array.from(latencies).toSorted()
    const [p50 = 0, p95 = 0, p99 = 0] = [0.5, 0.95, 0.99].map((share) => percentile(sorted, share))
    const took = (lastAnswer - begun) / 1000
    return { requests: latencies.length, seconds: took, p50, p95, p99, answers, faults: faults.slice(0, 5) }
  }
  return new Promise((resolve, reject) => {
    const options = {
      url,
      connections: calls.length,
      duration: seconds + HUNG_AFTER_SECONDS,
      sampleInt: 100,
      setupClient: (client: autocannon.Client) => client.setRequests(calls[connection++] ?? []),
    }
    const instance = autocannon(options, (error) => (error ? reject(error as Error) : resolve(result())))
    // From here on: connections are made and the first requests sent when this turn is over.
    begun = performance.now()
    instance.on('response', (client, status, _bytes, milliseconds) => {
      lastAnswer = performance.now()
      latencies.push(milliseconds)
      answers[status] = (answers[status] ?? 0) + 1
      // autocannon breaks off what is under way at the end of its time, which would be work without a request to count
      // it for. A client that has reached this number of answers sends no more.
      if (lastAnswer > begun + seconds * 1000) Object.assign(client, { responseMax: 1 })
    })
    instance.on('reqError', (error) => faults.push(String(error)))
  })
}

answerQuestions<Load, LoadResult>(run)
