import { monitorUrl, prepareMonitor } from '../components/databases.ts'
import { startExporter, type ExporterName, type ExporterTarget } from '../components/exporters.ts'
import { onPort, type Extra } from './extra.ts'
import { placeOf, sayBy, storeUrls, type PartsInput } from '../parts.ts'
import { databaseSpecs } from '../service-environment.ts'
import { SERVICE_NAMES } from '../services.ts'
import type { PortName } from '../settings.ts'

const exporterExtra = (
  input: PartsInput,
  exporter: ExporterName,
  shows: string,
  target: () => Promise<ExporterTarget> = () => Promise.resolve({}),
): Extra => {
  const name = `${exporter}-exporter`
  const port: PortName = `${exporter.toUpperCase() as Uppercase<ExporterName>}_EXPORTER`
  return {
    part: {
      name,
      after: [],
      start: async (note) => {
        const { logFile, pidFile } = placeOf(input.settings.home, name)
        return startExporter({
          exporter,
          port: await onPort(input, port, `the ${exporter} exporter`),
          target: await target(),
          logFile,
          pidFile,
          say: sayBy(note),
        })
      },
    },
    shows: [shows],
  }
}

const postgresTarget = async (input: PartsInput): Promise<ExporterTarget> => {
  const admin = storeUrls(input).postgres
  const password = input.secrets.monitor
  const databases = databaseSpecs(input.secrets, SERVICE_NAMES).map(({ database }) => database)
  await prepareMonitor(admin, { password, databases })
  return { env: { DATA_SOURCE_NAME: monitorUrl(admin, password) } }
}

/** An address without its password, which goes by the environment: every user can read a command line. */
const split = (address: string): { url: string; user: string; password: string } => {
  const url = new URL(address)
  const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)]
  url.username = ''
  url.password = ''
  url.search = ''
  return { url: url.href.replace(/\/$/, ''), user, password }
}

const redisTarget = (address: string): Promise<ExporterTarget> => {
  const { url, password } = split(address)
  return Promise.resolve({ args: ['-redis.addr', url], env: { REDIS_PASSWORD: password } })
}

const elasticsearchTarget = (address: string): Promise<ExporterTarget> => {
  const { url, user, password } = split(address)
  return Promise.resolve({ args: [`--es.uri=${url}`], env: { ES_USERNAME: user, ES_PASSWORD: password } })
}

/** The exporters of the stores and of the machine, and the prober. */
export const exporterExtras = (input: PartsInput): Extra[] => [
  exporterExtra(input, 'postgres', 'postgres', () => postgresTarget(input)),
  exporterExtra(input, 'redis', 'redis', () => redisTarget(storeUrls(input).redis)),
  exporterExtra(input, 'node', 'host'),
  exporterExtra(input, 'blackbox', 'blackbox'),
]

/** The exporter of the Elasticsearch at this address. */
export const elasticsearchExporterExtra = (input: PartsInput, address: string): Extra =>
  exporterExtra(input, 'elasticsearch', 'elasticsearch', () => elasticsearchTarget(address))
