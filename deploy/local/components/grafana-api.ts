import { cp, glob, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parse, stringify } from 'yaml'
import { cached, cacheFolder } from '../cache.ts'
import { goBinary, type Go, type GoProgram } from '../go-build.ts'

// The line of 10.0, by the last commit of its kind that the module proxy has.
const VERSION = 'v1.9.2-0.20230609164553-81d85ce8028d'
const MODULE = 'github.com/grafana/grafana'
const WIRE = 'github.com/google/wire/cmd/wire@v0.7.0'

const homeFolder = (): string => join(cacheFolder(process.env), `grafana-home-${VERSION.slice(-12)}`)

// Defaults, and what each data source says of itself; the pages are not in the module.
const keepHome = (source: string): Promise<string> =>
  cached(homeFolder(), async (folder) => {
    await cp(join(source, 'conf'), join(folder, 'conf'), { recursive: true })
    for await (const file of glob('public/{emails/**/*.*,app/plugins/**/plugin.json}', { cwd: source })) {
      await mkdir(dirname(join(folder, file)), { recursive: true })
      await cp(join(source, file), join(folder, file))
    }
  })

const prepare = async ({ folder, run }: Go): Promise<void> => {
  await run(['install', '-modcacherw', '-trimpath', WIRE])
  await writeFile(join(folder, 'go.mod'), 'module fetching\n')
  const { Dir: source } = JSON.parse(
    await run(['mod', 'download', '-modcacherw', '-json', `${MODULE}@${VERSION}`]),
  ) as {
    Dir: string
  }
  await cp(source, folder, { recursive: true, force: true })
  await keepHome(folder)
  // What wires the server together is generated, and not part of the module.
  const env = { GOFLAGS: '-mod=mod -modcacherw -buildvcs=false' }
  await run(['gen', '-tags', 'oss', './pkg/server'], { program: join(folder, 'bin/wire'), env })
}

/** Grafana without its pages: data sources, dashboards and `/api/ds/query` are the real ones. Needs a C compiler. */
export const GRAFANA_API: GoProgram = {
  name: 'grafana',
  title: 'Grafana (its API alone)',
  version: '10.0',
  package: './pkg/cmd/grafana',
  recipe: VERSION,
  prepare,
  values: { 'main.version': '10.0.0-preview' },
  tags: 'oss',
  linkerFlags: '-checklinkname=0',
  cgo: true,
}

/** The program and the folder that it calls its home, built once. */
export const grafanaApi = async (note: (message: string) => void): Promise<{ command: string; home: string }> => ({
  command: await goBinary(GRAFANA_API, note),
  home: homeFolder(),
})

type Sources = { datasources: { correlations?: { type: string }[] }[] }

/** Our data sources as that version takes them: it knows no correlation with an address, which came with 12. */
export const forGrafana10 = (text: string): string => {
  const file = parse(text) as Sources
  const datasources = file.datasources.map(({ correlations, ...source }) => ({
    ...source,
    ...(correlations && { correlations: correlations.filter(({ type }) => type !== 'external') }),
  }))
  return stringify({ ...file, datasources })
}
