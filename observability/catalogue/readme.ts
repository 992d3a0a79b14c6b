import { readFile } from 'node:fs/promises'
import { readAlerts, readDashboards } from './assets.ts'
import { readCatalogue } from './catalogue.ts'
import { readEvents } from './events.ts'
import { withCatalogue } from './tables.ts'

export const readme = new URL('../README.md', import.meta.url)

/** The README as it ought to be. */
export const regenerated = async (): Promise<string> => {
  const [text, catalogue, events, dashboards, alerts] = await Promise.all([
    readFile(readme, 'utf8'),
    readCatalogue(),
    readEvents(),
    readDashboards(),
    readAlerts(),
  ])
  return withCatalogue(text, { catalogue, events, dashboards, alerts })
}
