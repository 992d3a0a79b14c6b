import { mkdir } from 'node:fs/promises'
import { archiveKafkaClasses } from '../components/kafka.ts'
import { sayBy, telemetryFolder, type PartsInput } from '../parts.ts'
import type { Supervisor } from '../supervisor.ts'
import { backEndExtras } from './back-ends.ts'
import { exporterExtras } from './exporters.ts'
import type { Extra } from './extra.ts'
import { metricsExtras, scrapeAnew } from './metrics.ts'
import { bugsinkExtra, collectorExtra } from './receivers.ts'

const kafkaClasses: Extra = {
  part: {
    name: 'kafka-classes',
    after: [],
    start: async (note) => {
      await archiveKafkaClasses(sayBy(note))
      return undefined
    },
  },
  shows: [],
}

/** Starts, one after the other, what nothing depends on; resolves when each has come or has been left out. */
export const startExtras = async (input: PartsInput, supervisor: Supervisor): Promise<void> => {
  const { settings, ops } = input
  await mkdir(telemetryFolder(settings.home), { recursive: true })
  const running = new Set<string>()
  const shown = new Set<string>(input.selection.services)
  const extras = [
    ...(settings.receivers.prometheus ? metricsExtras(input) : []),
    ...(settings.given.kafka === undefined ? [kafkaClasses] : []),
    ...(ops ? [...exporterExtras(input), bugsinkExtra(input, supervisor), ...backEndExtras(input)] : []),
    ...(settings.receivers.collector ? [collectorExtra(input, supervisor, running)] : []),
  ]
  for (const { part, shows, needs } of extras) {
    if (needs !== undefined && !running.has(needs)) continue
    if (!(await supervisor.optional(part))) continue
    running.add(part.name)
    if (shows.length === 0) continue
    for (const name of shows) shown.add(name)
    await scrapeAnew(input, supervisor, shown)
  }
}
