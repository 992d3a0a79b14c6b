import { setTimeout as sleep } from 'node:timers/promises'
import { sentenceOf } from '../../local/failure.ts'
import type { Finding, Live, Part, Proof } from '../part.ts'
import { absencesIn } from '../stores/present.ts'
import { askFaultLines, gather, rangeOf, type Gathered } from './gather.ts'
import { askThroughGrafana } from './grafana.ts'
import { judge, type Absent } from './judge.ts'
import { listenLive } from './live-person.ts'
import { writeReport } from './report.ts'

const WINDOW_SECONDS = 15 * 60
/** What has just been started needs a while before every rate has two samples and every consumer an event. */
const PATIENCE_MS = 180_000
const PAUSE_MS = 20_000

const NO_GRAFANA = { what: 'the same queries through Grafana', verdict: 'not proven', detail: 'stopped' } as const

const gatherNow = (live: Live): Promise<Gathered> => {
  const to = Date.now() / 1000
  return gather(live.backEnds, rangeOf(to - WINDOW_SECONDS, to), () => live.signal.throwIfAborted())
}

const hasFailed = (findings: readonly Finding[]): boolean => findings.some(({ verdict }) => verdict === 'failed')

/** Asks until nothing is wrong, or until patience is at its end. */
const gatherUntilAlive = async (live: Live, absent: Absent): Promise<{ gathered: Gathered; findings: Finding[] }> => {
  const until = Date.now() + PATIENCE_MS
  for (;;) {
    const gathered = await gatherNow(live)
    const findings = judge(gathered, { absent })
    if (!hasFailed(findings) || Date.now() > until) return { gathered, findings }
    const open = findings.filter(({ verdict }) => verdict === 'failed').length
    live.say('queries', `${open} still have nothing to say; asking again`)
    await sleep(PAUSE_MS, undefined, { signal: live.signal })
  }
}

const figuresOf = ({ dashboards, texts }: Gathered): Proof['figures'] => {
  const panels = dashboards.flatMap((one) => one.panels)
  return {
    dashboards: dashboards.length,
    panels: panels.length,
    'panels alive': panels.filter(({ found, faults }) => found > 0 && faults.length === 0).length,
    queries: panels.reduce((sum, { targets }) => sum + targets.length, 0) + texts.length,
  }
}

const tableOf = ({ dashboards }: Gathered): string[][] => [
  ['dashboard', 'panels', 'alive', 'empty', 'faulty'],
  ...dashboards.map(({ dashboard, panels }) => {
    const faulty = panels.filter(({ faults }) => faults.length > 0).length
    const empty = panels.filter(({ found, faults }) => found === 0 && faults.length === 0).length
    return [dashboard.uid, ...[panels.length, panels.length - faulty - empty, empty, faulty].map(String)]
  }),
]

/** Asks everything that a page of the ops stack would ask, and draws it into `report.html`. */
export const queriesPart: Part = {
  name: 'queries',
  claim: 'Every query of every dashboard, runbook and rule is answered by the live stores.',
  prove: async (live) => {
    const absent: Absent = await absencesIn(live)
    try {
      await listenLive(live)
    } catch (error) {
      // The panel that shows it will be empty, and fails for it.
      live.say('queries', `nobody could listen live: ${sentenceOf(error)}`)
    }
    const { gathered, findings } = await gatherUntilAlive(live, absent)
    const grafana = live.signal.aborted
      ? [NO_GRAFANA]
      : await askThroughGrafana(`http://127.0.0.1:${live.settings.ports.GRAFANA}`, gathered)
    const faults = await askFaultLines(live.backEnds, gathered.range)
    live.say('queries', await writeReport({ folder: live.folder, gathered, faults }))
    return { findings: [...findings, ...grafana], figures: figuresOf(gathered), table: tableOf(gathered) }
  },
}
