import { sentenceOf } from '../../local/failure.ts'
import { table } from '../../local/progress.ts'
import { backEndUrls } from '../../local/extras/back-ends.ts'
import { readSettings } from '../../local/settings.ts'
import { askDashboard } from './ask.ts'
import { latestRequest, type BackEnds, type Range } from './back-ends.ts'
import { readDashboards } from './dashboards.ts'
import { askRules, askRunbooks } from './pages.ts'

const MINUTES = 15

/** One panel, runbook or rule: how much it answered, and what went wrong. */
type Answer = { where: string; found: number; faults: readonly string[] }

const isEmpty = ({ found, faults }: Answer): boolean => found === 0 && faults.length === 0

const rowOf = (name: string, answers: readonly Answer[]): string[] => {
  const faulty = answers.filter(({ faults }) => faults.length > 0).length
  const empty = answers.filter(isEmpty).length
  return [name, ...[answers.length, answers.length - faulty - empty, empty, faulty].map(String)]
}

const backEndsNow = (): BackEnds => {
  const settings = readSettings(process.env)
  return { prometheus: `http://127.0.0.1:${settings.ports.PROMETHEUS}`, ...backEndUrls(settings) }
}

/** What is asked, by the name under which it is counted. */
const askEverything = async (words: readonly string[]): Promise<[string, Answer[]][]> => {
  const backEnds = backEndsNow()
  const to = Math.floor(Date.now() / 1000)
  const range: Range = { from: to - MINUTES * 60, to, stepSeconds: 15 }
  const { traceId, correlationId } = await latestRequest(backEnds.elasticsearch)
  const wanted = (name: string): boolean => words.length === 0 || words.some((word) => name.includes(word))
  const all: [string, Answer[]][] = []
  for (const dashboard of await readDashboards()) {
    if (!wanted(dashboard.uid)) continue
    // One dashboard takes either id, the other a trace's.
    const given = { id: dashboard.uid === 'pharos-traces' ? traceId : correlationId }
    const { panels } = await askDashboard(dashboard, { given, backEnds, range })
    all.push([dashboard.uid, panels.map(({ panel, found, faults }) => ({ where: panel.title, found, faults }))])
  }
  const given = new Map(Object.entries({ service: ['users'], topic: ['pharos.users.v1'], id: [correlationId] }))
  const texts = { runbooks: askRunbooks, rules: askRules }
  for (const [name, askTexts] of Object.entries(texts)) {
    if (!wanted(name)) continue
    const answers = await askTexts({ backEnds, range, given })
    all.push([
      name,
      answers.map(({ where, query, found, fault }) => ({
        where,
        found,
        faults: fault === undefined ? [] : [`${fault} ← ${query}`],
      })),
    ])
  }
  return all
}

const main = async (words: readonly string[]): Promise<number> => {
  const all = await askEverything(words)
  const rows = all.map(([name, answers]) => rowOf(name, answers))
  process.stdout.write(`${table([['asked of', 'queries', 'alive', 'empty', 'faulty'], ...rows])}\n\n`)
  for (const [name, answers] of all) {
    const empty = answers.filter(isEmpty).map(({ where }) => where)
    // In health that is what the expression of an alert should be.
    if (empty.length > 0 && name.startsWith('pharos-')) process.stdout.write(`empty   ${name}: ${empty.join(' · ')}\n`)
    for (const { where, faults } of answers) {
      for (const fault of faults) process.stdout.write(`faulty  ${name}: ${where}\n        ${fault}\n`)
    }
  }
  return all.some(([, answers]) => answers.some(({ faults }) => faults.length > 0)) ? 1 : 0
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`✖ ${sentenceOf(error)}\n`)
  process.exitCode = 1
}
