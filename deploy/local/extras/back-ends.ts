import { provision } from '../../../observability/elk/provision.ts'
import { startElasticsearch } from '../components/elasticsearch.ts'
import { startGrafana } from '../components/grafana.ts'
import { startLoki } from '../components/loki.ts'
import { startTempo } from '../components/tempo.ts'
import { sentenceOf } from '../failure.ts'
import { placeOf, sayBy, type PartsInput } from '../parts.ts'
import type { GivenBackEnds, PortName } from '../settings.ts'
import type { Part } from '../supervisor.ts'
import { elasticsearchExporterExtra } from './exporters.ts'
import { at, environmentName, onPort, type Extra, type Running } from './extra.ts'
import { layRules, rulesFolder } from './rules.ts'

const RETENTION_MS = 6 * 3_600_000

type Ports = Readonly<Record<PortName, number>>

/** Where the stores of logs and traces are asked, here or elsewhere. */
export const backEndUrls = ({ ports, backEnds }: { ports: Ports; backEnds: GivenBackEnds }) => ({
  loki: backEnds.loki ?? at(ports.LOKI),
  tempo: backEnds.tempo?.url ?? at(ports.TEMPO),
  elasticsearch: backEnds.elasticsearch ?? at(ports.ELASTICSEARCH),
})

const elasticsearchExtras = (input: PartsInput): Extra[] => {
  const { settings } = input
  const { home, ports, backEnds } = settings
  const { elasticsearch: address } = backEndUrls(settings)
  const server: Part = {
    name: 'elasticsearch',
    after: [],
    start: async (note) =>
      startElasticsearch({
        ...placeOf(home, 'elasticsearch'),
        port: await onPort(input, 'ELASTICSEARCH', 'Elasticsearch'),
        transportPort: ports.ELASTICSEARCH_TRANSPORT,
        say: sayBy(note),
      }),
  }
  const provisioned: Part = {
    name: 'elk',
    after: [],
    start: async (note) => {
      const prepare = (say: (message: string) => void): Promise<void> =>
        provision({
          elasticsearch: address,
          environment: environmentName(settings),
          kibana: settings.env['KIBANA_URL'] || undefined,
          say,
          waitMs: 10_000,
        })
      await prepare(note)
      // Where there is no ILM, this is also what lets old lines go.
      const again = (): void => void prepare(() => {}).catch((error: unknown) => note(sentenceOf(error)))
      setInterval(again, RETENTION_MS).unref()
      return undefined
    },
  }
  if (backEnds.elasticsearch !== undefined) {
    return [{ part: provisioned, shows: [] }, elasticsearchExporterExtra(input, address)]
  }
  const needs = server.name
  return [
    { part: server, shows: [] },
    { part: provisioned, shows: [], needs },
    // Alone it would tell of an Elasticsearch that is down.
    { ...elasticsearchExporterExtra(input, address), needs },
  ]
}

const lokiExtra = (input: PartsInput): Extra => {
  const { home, ports } = input.settings
  const start: Part['start'] = async (note) => {
    await layRules(input.settings, 'loki')
    return startLoki({
      ...placeOf(home, 'loki'),
      port: await onPort(input, 'LOKI', 'Loki'),
      grpcPort: ports.LOKI_GRPC,
      links: {
        alertmanager: at(ports.ALERTMANAGER),
        grafana: at(ports.GRAFANA),
        runbooks: `${at(ports.ONCALL)}/runbooks`,
      },
      rulesFolder: rulesFolder(input.settings, 'loki'),
      note,
    })
  }
  return { part: { name: 'loki', after: [], start }, shows: ['loki'] }
}

const tempoExtra = (input: PartsInput): Extra => {
  const { home, ports } = input.settings
  const start: Part['start'] = async (note) =>
    startTempo({
      ...placeOf(home, 'tempo'),
      port: await onPort(input, 'TEMPO', 'Tempo'),
      grpcPort: ports.TEMPO_GRPC,
      otlpPort: ports.TEMPO_OTLP,
      note,
    })
  return { part: { name: 'tempo', after: [], start }, shows: ['tempo'] }
}

const grafanaExtra = (input: PartsInput): Extra => {
  const { home, ports } = input.settings
  const start: Part['start'] = async (note) =>
    startGrafana({
      ...placeOf(home, 'grafana'),
      port: await onPort(input, 'GRAFANA', 'Grafana'),
      password: input.secrets.grafana,
      urls: {
        prometheus: at(ports.PROMETHEUS),
        alertmanager: at(ports.ALERTMANAGER),
        ...backEndUrls(input.settings),
      },
      apiOnly: input.settings.grafana === 'api',
      note,
    })
  return { part: { name: 'grafana', after: [], start }, shows: ['grafana'] }
}

/** The stores of logs and traces as far as they are not given by address, and the pages. */
export const backEndExtras = (input: PartsInput): Extra[] => [
  ...elasticsearchExtras(input),
  ...(input.settings.backEnds.loki === undefined ? [lokiExtra(input)] : []),
  ...(input.settings.backEnds.tempo === undefined ? [tempoExtra(input)] : []),
  grafanaExtra(input),
]

/** Where the collector sends to: what runs here by now, or elsewhere. */
export const deliveryAddresses = (
  { settings: { ports, backEnds } }: PartsInput,
  running: Running,
): { tempo: string | undefined; loki: string | undefined; elasticsearch: string | undefined } => ({
  tempo: backEnds.tempo?.otlp ?? (running.has('tempo') ? at(ports.TEMPO_OTLP) : undefined),
  loki: backEnds.loki ?? (running.has('loki') ? at(ports.LOKI) : undefined),
  // Without the data stream lines would make an index of whatever mapping comes of them.
  elasticsearch: running.has('elk') ? (backEnds.elasticsearch ?? at(ports.ELASTICSEARCH)) : undefined,
})
