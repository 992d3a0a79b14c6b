import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { UNITS_SCRIPT } from './view/units.ts'

// A script stands after what it uses.
const SCRIPTS = [
  new URL('./page/paint.mjs', import.meta.url),
  new URL('./page/tip.mjs', import.meta.url),
  new URL('./page/page.mjs', import.meta.url),
]
const STYLES = ['base', 'panels', 'graphs', 'tiles', 'stories', 'summary'].map(
  (name) => new URL(`./page/${name}.css`, import.meta.url),
)

const readAll = async (files: readonly URL[]): Promise<string[]> =>
  Promise.all(files.map((file) => readFile(fileURLToPath(file), 'utf8')))

// One script has no modules to import from.
const asScript = (module: string): string =>
  module.replaceAll(/^import [^;]*? from '.*'$/gm, '').replaceAll(/^export /gm, '')

/** What the page of a report runs and looks like: uPlot and our own, as text. */
export const pageAssets = async (): Promise<{ styles: string; scripts: readonly string[] }> => {
  const plot = [
    new URL(import.meta.resolve('uplot/dist/uPlot.iife.min.js')),
    new URL(import.meta.resolve('uplot/dist/uPlot.min.css')),
  ]
  const [plotScript = '', plotStyles = ''] = await readAll(plot)
  const own = [UNITS_SCRIPT, ...(await readAll(SCRIPTS)).map(asScript)]
  return {
    styles: [plotStyles, ...(await readAll(STYLES))].join('\n'),
    scripts: [plotScript, `(() => {\n${own.join('\n')}\n})()`],
  }
}
