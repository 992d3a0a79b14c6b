import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { backEndUrls } from '../../local/extras/back-ends.ts'
import { Failure, sentenceOf } from '../../local/failure.ts'
import { say } from '../../local/progress.ts'
import { readSettings } from '../../local/settings.ts'
import { askFaultLines, gather, rangeOf } from './gather.ts'
import { takePictures } from './pictures.ts'
import { writeReport } from './report.ts'

const USAGE = 'npm run report -- [folder] [--minutes 15] [--pictures] [--only <dashboard> …]'

const optionsOf = (args: readonly string[]) => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      minutes: { type: 'string', default: '15' },
      pictures: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true },
    },
  })
  const minutes = Number(values.minutes)
  if (!(minutes >= 1 && minutes <= 10_080) || positionals.length > 1) throw new Failure(`Not understood. ${USAGE}`)
  return { minutes, pictures: values.pictures, only: values.only, folder: positionals[0] }
}

const main = async (args: readonly string[]): Promise<void> => {
  const { minutes, pictures, only, folder: given } = optionsOf(args)
  const settings = readSettings(process.env)
  const backEnds = { prometheus: `http://127.0.0.1:${settings.ports.PROMETHEUS}`, ...backEndUrls(settings) }
  const folder = given ?? join(settings.home, 'report')
  await mkdir(folder, { recursive: true })
  const to = Date.now() / 1000
  const range = rangeOf(to - minutes * 60, to)
  const gathered = await gather(backEnds, range, (uid) => say('report', `asks ${uid}`))
  for (const [store, why] of gathered.away) say('report', `${store} did not answer: ${why}`)
  const report = await writeReport({ folder, gathered, faults: await askFaultLines(backEnds, range) })
  say('report', report)
  if (!pictures) return
  const dashboards = gathered.dashboards.map(({ dashboard }) => dashboard)
  const files = await takePictures({ report, folder, dashboards, say, ...(only !== undefined && { only }) })
  for (const file of files) say('pictures', file)
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`✖ ${sentenceOf(error)}\n`)
  process.exitCode = 1
}
