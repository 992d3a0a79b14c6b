import { sentenceOf } from '../../local/failure.ts'
import type { Finding, Live } from '../part.ts'
import { askFaultLines, gather, rangeOf } from './gather.ts'
import { takePictures } from './pictures.ts'
import { writeReport } from './report.ts'
import type { Claim } from './view/summary.ts'

/**
 * Writes the report anew over the whole run, with what came of each part and the faults as marks on every graph, and takes its
 * pictures. Times in seconds since 1970. Pictures that could not be taken are not proven, and say why.
 */
export const finishReport = async (
  live: Live,
  { from, to, claims }: { from: number; to: number; claims: readonly Claim[] },
): Promise<Finding[]> => {
  const range = rangeOf(from, to)
  const gathered = await gather(live.backEnds, range, () => {})
  const faults = await askFaultLines(live.backEnds, range)
  const report = await writeReport({ folder: live.folder, gathered, claims, faults })
  live.say('report', report)
  const dashboards = gathered.dashboards.map(({ dashboard }) => dashboard)
  try {
    const files = await takePictures({ report, folder: live.folder, dashboards, say: live.say })
    return [{ what: `${files.length} pictures of the report`, verdict: 'proven' }]
  } catch (error) {
    return [{ what: 'pictures of the report', verdict: 'not proven', detail: sentenceOf(error) }]
  }
}
