import { Failure, sentenceOf } from '../local/failure.ts'
import { table } from '../local/progress.ts'
import { readRunState, runningSupervisor, type PartState } from '../local/run-state.ts'
import { readSettings } from '../local/settings.ts'
import { checksOf, type Check } from './checks.ts'
import { judge, type Verdict } from './judge.ts'

const verdictOf = async (check: Check, part: PartState | undefined): Promise<Verdict> => {
  try {
    return judge(check, part, await check.look())
  } catch (error) {
    return judge(check, part, error)
  }
}

const main = async (): Promise<number> => {
  const settings = readSettings(process.env)
  const state = readRunState(settings.home)
  if (runningSupervisor(settings.home) === undefined || state === undefined) {
    throw new Failure('Pharos is not running; "npm run ops" starts it with its ops stack.')
  }
  const parts = new Map(state.parts.map((part) => [part.name, part]))
  const verdicts = await Promise.all(checksOf(settings).map((check) => verdictOf(check, parts.get(check.name))))
  const rows = verdicts.map(({ mark, name, state: what, data }) => [mark, name, what, data])
  process.stdout.write(`${table([['', 'component', 'state', 'last data'], ...rows])}\n`)
  const bad = verdicts.filter(({ mark }) => mark === '✗').map(({ name }) => name)
  const sentence = bad.length === 0 ? 'Everything that runs receives.' : `Look at: ${bad.join(', ')}.`
  process.stdout.write(`\n${sentence}\n`)
  return bad.length === 0 ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`✖ ${sentenceOf(error)}\n`)
  process.exitCode = 1
}
