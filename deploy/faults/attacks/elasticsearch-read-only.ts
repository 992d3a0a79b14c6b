import { z } from 'zod'
import { Failure } from '../../local/failure.ts'
import { breaker, nothingGoesOn, type Breaker } from '../breaker.ts'
import { untilWorks } from '../repeat.ts'
import type { Target } from '../target.ts'

const TIMEOUT_MS = 10_000
const BACK_MS = 30_000

const settings = async ({ backEnds }: Target, change?: Record<string, unknown>): Promise<unknown> => {
  const answer = await fetch(`${backEnds.elasticsearch}/logs-pharos-*/_settings`, {
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(change && {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(change),
    }),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Failure(`Elasticsearch answers ${answer.status} ${text.slice(0, 200)}`)
  return JSON.parse(text)
}

/** No line can be written to the indices of lines. */
export const elasticsearchReadOnly: Breaker = breaker(z.null(), {
  prepare: async (target) => {
    const found = z.record(z.string(), z.unknown()).parse(await settings(target))
    if (Object.keys(found).length === 0) throw new Failure('Elasticsearch has no index of lines yet: wait a moment.')
    return null
  },
  apply: async (target) => {
    await settings(target, { 'index.blocks.write': true })
    return nothingGoesOn
  },
  mend: async (target) => {
    await untilWorks(BACK_MS, () => settings(target, { 'index.blocks.write': null }))
  },
})
