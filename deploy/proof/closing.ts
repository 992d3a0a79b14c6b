import { sentenceOf } from '../local/failure.ts'
import type { Finding, Live } from './part.ts'
import { finishReport } from './queries/finish.ts'
import { askListed } from './queries/listed.ts'
import type { PartResult } from './report.ts'

const LISTED = {
  name: 'alive',
  claim: 'Panels that are empty while all is well come alive when something is wrong.',
  figures: {},
}

const report = async (live: Live, from: number, claims: readonly PartResult[]): Promise<Finding[]> => {
  try {
    return await finishReport(live, { from, to: Date.now() / 1000, claims })
  } catch (error) {
    return [{ what: 'the report over the whole run', verdict: 'not proven', detail: sentenceOf(error) }]
  }
}

/**
 * What can be asked only when all is over: whether every panel has been alive, where all faults were made. Then the report is
 * written anew with everything in it. `from` is in seconds since 1970; `tried` are the faults that were made.
 */
export const closeProof = async (
  live: Live,
  { results, from, tried }: { results: readonly PartResult[]; from: number; tried: ReadonlySet<string> },
): Promise<readonly PartResult[]> => {
  const ran = (name: string): boolean => results.some((part) => part.name === name)
  if (live.signal.aborted || !ran('queries')) return results
  const begun = Date.now()
  const listed = ran('faults') ? await askListed(live, from, begun / 1000, tried) : []
  const seconds = Math.round((Date.now() - begun) / 1000)
  const all = listed.length === 0 ? results : [...results, { ...LISTED, seconds, findings: listed }]
  const pictures = await report(live, from, all)
  return all.map((part) => (part.name === 'queries' ? { ...part, findings: [...part.findings, ...pictures] } : part))
}
