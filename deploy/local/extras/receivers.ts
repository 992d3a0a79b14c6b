import { join } from 'node:path'
import { bugsinkDsn, startBugsink } from '../components/bugsink.ts'
import { collectorProgram, startCollector, type CollectorTargets } from '../components/collector.ts'
import type { Server } from '../components/server.ts'
import { placeOf, sayBy, spoolPart, storeUrls, telemetryFolder, type PartsInput } from '../parts.ts'
import type { Part, Supervisor } from '../supervisor.ts'
import { deliveryAddresses } from './back-ends.ts'
import { at, environmentName, onPort, type Extra, type Running } from './extra.ts'

// Both take something over from the spool, which is there from the first second: spans, or errors to pass on.

const spool = (input: PartsInput, o: { withTraces: boolean; forward: boolean }): Part['start'] => {
  const { settings, secrets } = input
  const forwardDsn = o.forward ? bugsinkDsn(secrets.bugsink, settings.ports.BUGSINK) : undefined
  return spoolPart(input, { withTraces: o.withTraces, forwardDsn }).start
}

/** The error tracker, to which the spool then passes on what it gets. */
export const bugsinkExtra = (input: PartsInput, supervisor: Supervisor): Extra => {
  const { settings, secrets } = input
  const start = async (note: (message: string) => void): Promise<Server> => {
    const server = await startBugsink({
      ...placeOf(settings.home, 'bugsink'),
      port: await onPort(input, 'BUGSINK', 'the error tracker'),
      secret: secrets.bugsink,
      webhookUrl: `${at(settings.ports.ONCALL)}/errors`,
      say: sayBy(note),
    })
    await supervisor.replace('spool', spool(input, { withTraces: true, forward: true }))
    return server
  }
  return { part: { name: 'bugsink', after: [], start }, shows: ['bugsink'] }
}

const targetsOf = (input: PartsInput, running: Running): CollectorTargets => {
  const { home } = input.settings
  const files = { folder: telemetryFolder(home) }
  if (!input.ops) return { files }
  const { tempo, loki, elasticsearch } = deliveryAddresses(input, running)
  return {
    files,
    tempo: tempo === undefined ? undefined : { endpoint: tempo },
    loki: loki === undefined ? undefined : { url: loki },
    elasticsearch: elasticsearch === undefined ? undefined : { url: elasticsearch },
    kafka: { brokers: storeUrls(input).kafka },
    logs: {
      // What `npm run fault` does to them is told beside what they say.
      include: `[${[...input.selection.services, 'faults'].map((name) => placeOf(home, name).logFile).join(', ')}]`,
      memory: join(home, 'data/collector'),
    },
  }
}

/** The collector, which comes last because it sends to all others, and takes spans over from the spool. */
export const collectorExtra = (input: PartsInput, supervisor: Supervisor, running: Running): Extra => {
  const { home, ports } = input.settings
  const start = async (note: (message: string) => void): Promise<Server> => {
    const binary = await collectorProgram(note)
    const health = await onPort(input, 'COLLECTOR_HEALTH', "the collector's health")
    const metrics = await onPort(input, 'COLLECTOR_METRICS', "the collector's own metrics")
    const pipeline = await onPort(input, 'COLLECTOR_PIPELINE', 'the metrics that the collector makes')
    const forward = running.has('bugsink')
    await supervisor.replace('spool', spool(input, { withTraces: false, forward }))
    try {
      const { logFile, pidFile } = placeOf(home, 'collector')
      return await startCollector({
        binary,
        targets: targetsOf(input, running),
        environment: environmentName(input.settings),
        ports: { otlp: ports.OTLP, health, metrics, pipeline },
        logFile,
        pidFile,
      })
    } catch (error) {
      await supervisor.replace('spool', spool(input, { withTraces: true, forward }))
      throw error
    }
  }
  return { part: { name: 'collector', after: [], start }, shows: ['collector', 'pipeline'] }
}
