import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { alertmanagerConfig } from '../../../observability/alertmanager/configure.ts'
import { startOncall } from '../components/oncall.ts'
import { startAlertmanager, startPrometheus, writeScrapeRun } from '../components/prometheus.ts'
import { Failure } from '../failure.ts'
import { placeOf, sayBy, telemetryFolder, type PartsInput } from '../parts.ts'
import { SERVICES } from '../services.ts'
import type { PortName, Settings } from '../settings.ts'
import type { Part, Supervisor } from '../supervisor.ts'
import { at, onPort, type Extra } from './extra.ts'
import { alertmanagerRules, layRules, rulesFolder } from './rules.ts'

const ALERTMANAGER = new URL('../../../observability/alertmanager/alertmanager.yml', import.meta.url)

const USUAL_PORTS: readonly (readonly [number, PortName])[] = [
  [9090, 'PROMETHEUS'],
  [9093, 'ALERTMANAGER'],
  [9095, 'ONCALL'],
  [8888, 'COLLECTOR_METRICS'],
  [8889, 'COLLECTOR_PIPELINE'],
  [3100, 'LOKI'],
  [3200, 'TEMPO'],
  [3000, 'GRAFANA'],
  [8970, 'BUGSINK'],
  [9100, 'NODE_EXPORTER'],
  [9114, 'ELASTICSEARCH_EXPORTER'],
  [9115, 'BLACKBOX_EXPORTER'],
  [9121, 'REDIS_EXPORTER'],
  [9187, 'POSTGRES_EXPORTER'],
]

const portsOf = ({ ports, servicePorts }: Settings): Map<number, number> =>
  new Map([
    ...USUAL_PORTS.map(([usual, name]) => [usual, ports[name]] as const),
    ...Object.values(SERVICES).flatMap(({ name, port }) => [
      [port, servicePorts[name].http] as const,
      [port + 1000, servicePorts[name].management] as const,
    ]),
  ])

const runFolder = ({ home }: Settings): string => join(home, 'run')

const writeScrape = (settings: Settings, services: ReadonlySet<string>): Promise<void> =>
  writeScrapeRun(runFolder(settings), {
    ports: portsOf(settings),
    services,
    rulesFolder: rulesFolder(settings, 'prometheus'),
  })

/** Makes Prometheus scrape what has come since. */
export const scrapeAnew = async (
  input: PartsInput,
  supervisor: Supervisor,
  services: ReadonlySet<string>,
): Promise<void> => {
  if (!input.settings.receivers.prometheus) return
  await writeScrape(input.settings, services)
  supervisor.signal('prometheus', 'SIGHUP')
}

const alertmanagerRun = async (settings: Settings): Promise<string> => {
  try {
    const { ports, env } = settings
    const base = await alertmanagerRules(settings, await readFile(ALERTMANAGER, 'utf8'))
    const webhook = { ALERT_WEBHOOK_URL: `${at(ports.ONCALL)}/alerts` }
    return alertmanagerConfig(base, { ...webhook, ...env })
  } catch (error) {
    throw new Failure(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

/** Prometheus, and the two who pass on its alerts. */
export const metricsExtras = (input: PartsInput): Extra[] => {
  const { settings } = input
  const { home } = settings
  const folder = runFolder(settings)
  const prometheus: Part = {
    name: 'prometheus',
    after: [],
    start: async (note) => {
      const port = await onPort(input, 'PROMETHEUS', 'Prometheus')
      await layRules(settings, 'prometheus')
      await writeScrape(settings, new Set([...input.selection.services, 'prometheus']))
      return startPrometheus({ ...placeOf(home, 'prometheus'), folder, port, say: sayBy(note) })
    },
  }
  const oncall: Part = {
    name: 'oncall',
    after: [],
    start: async () => {
      const port = await onPort(input, 'ONCALL', 'the receiver of alerts')
      const { logFile, pidFile } = placeOf(home, 'oncall')
      return startOncall({ port, file: join(telemetryFolder(home), 'oncall.jsonl'), logFile, pidFile })
    },
  }
  const alertmanager: Part = {
    name: 'alertmanager',
    after: [],
    start: async (note) => {
      const port = await onPort(input, 'ALERTMANAGER', 'Alertmanager')
      const configFile = join(folder, 'alertmanager.yml')
      await writeFile(configFile, await alertmanagerRun(settings), { mode: 0o600 })
      return startAlertmanager({ ...placeOf(home, 'alertmanager'), configFile, port, say: sayBy(note) })
    },
  }
  return [
    { part: prometheus, shows: ['prometheus'] },
    { part: oncall, shows: ['oncall'] },
    { part: alertmanager, shows: ['alertmanager'] },
  ]
}
