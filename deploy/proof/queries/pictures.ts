import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { execa } from 'execa'
import { toolFailure } from '../../local/failure.ts'
import { isRoot, requireProgram } from '../../local/programs.ts'
import type { Say } from '../../local/progress.ts'
import type { Dashboard } from '../../ops/queries/dashboards.ts'
import { linesOf } from './view/grid.ts'

const CHROMIUM = {
  programs: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
  packages: ['chromium'],
  purpose: 'Chromium, which takes the pictures,',
}

const WIDTH = 1600
/** What page.css makes of a line of the grid, a heading and the head of the page, in pixels. */
const SIZES = { line: 38, heading: 46, head: 150 }

const TIMEOUT_MS = 60_000

const heightOf = ({ rows }: Pick<Dashboard, 'rows'>): number =>
  SIZES.head + rows.reduce((sum, row) => sum + SIZES.heading + linesOf(row) * SIZES.line, 0)

type Picture = { name: string; theme: 'light' | 'dark'; height: number }

const SUMMARY: Picture = { name: 'summary', theme: 'light', height: 1300 }
const TAKEN: readonly { uid: string; theme: Picture['theme'] }[] = [
  { uid: 'pharos-overview', theme: 'dark' },
  { uid: 'pharos-overview', theme: 'light' },
  { uid: 'pharos-service', theme: 'dark' },
  { uid: 'pharos-slo', theme: 'dark' },
  { uid: 'pharos-request', theme: 'dark' },
  { uid: 'pharos-kafka', theme: 'light' },
]

/** Takes pictures of a few dashboards of a report, and of its first page; throws a Failure where there is no Chromium. */
export const takePictures = async (o: {
  report: string
  folder: string
  dashboards: readonly Dashboard[]
  /** Only these dashboards, instead of the usual ones. */
  only?: readonly string[]
  say: Say
}): Promise<string[]> => {
  const chromium = await requireProgram(CHROMIUM, o.say, 'pictures')
  const into = join(o.folder, 'pictures')
  await mkdir(into, { recursive: true })
  const wanted = o.only === undefined ? TAKEN : o.only.map((uid) => ({ uid, theme: 'dark' as const }))
  const pictures = wanted.flatMap(({ uid, theme }): Picture[] => {
    const dashboard = o.dashboards.find((one) => one.uid === uid)
    return dashboard === undefined ? [] : [{ name: uid, theme, height: heightOf(dashboard) }]
  })
  const files: string[] = []
  for (const { name, theme, height } of [SUMMARY, ...pictures]) {
    const file = join(into, `${name}-${theme}.png`)
    const address = `${pathToFileURL(o.report).href}?only=${name}&theme=${theme}`
    const args = [
      '--headless',
      // Chromium refuses to lock root in, and shows nothing here but our own file.
      ...(isRoot() ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--hide-scrollbars',
      '--virtual-time-budget=3000',
      `--window-size=${WIDTH},${height}`,
      `--screenshot=${file}`,
      address,
    ]
    const result = await execa(chromium, args, { reject: false, all: true, timeout: TIMEOUT_MS })
    if (result.failed) throw toolFailure(`Taking a picture of ${name} (chromium)`, result.all)
    files.push(file)
  }
  return files
}
