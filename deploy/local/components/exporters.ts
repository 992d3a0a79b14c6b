import { fileURLToPath } from 'node:url'
import { ManagedProcess } from '../managed-process.ts'
import { requireProgram } from '../programs.ts'
import type { Say } from '../progress.ts'
import { answersOk, serverOf, type Server } from './server.ts'

const ROOM = new URL('../../../observability/prometheus/exporters/', import.meta.url)
const fileOf = (name: string): string => fileURLToPath(new URL(name, ROOM))

export type ExporterName = 'postgres' | 'redis' | 'node' | 'blackbox' | 'elasticsearch'

type Recipe = { args: (port: number) => readonly string[]; purpose: string }

// Of the machine only what a dashboard or an alert asks for: each collector costs at every scrape.
const NODE_COLLECTORS = ['cpu', 'diskstats', 'filefd', 'filesystem', 'loadavg', 'meminfo', 'netdev', 'pressure', 'stat']
const NODE_CLOCK = ['time', 'timex', 'uname', 'vmstat']

const RECIPES: Readonly<Record<ExporterName, Recipe>> = {
  postgres: {
    purpose: 'the exporter of PostgreSQL',
    args: (port) => [
      `--web.listen-address=127.0.0.1:${port}`,
      `--extend.query-path=${fileOf('postgres.yaml')}`,
      '--auto-discover-databases',
      '--exclude-databases=template0,template1',
      '--disable-settings-metrics',
      // Asks for columns that PostgreSQL 17 has moved; postgres.yaml asks for them where they are now.
      '--no-collector.bgwriter',
      '--log.level=warn',
    ],
  },
  redis: {
    purpose: 'the exporter of Redis',
    args: (port) => [`-web.listen-address=127.0.0.1:${port}`],
  },
  node: {
    purpose: 'the exporter of the machine',
    args: (port) => [
      `--web.listen-address=127.0.0.1:${port}`,
      '--collector.disable-defaults',
      ...[...NODE_COLLECTORS, ...NODE_CLOCK].map((name) => `--collector.${name}`),
      '--log.level=warn',
    ],
  },
  blackbox: {
    purpose: 'the prober',
    args: (port) => [
      `--web.listen-address=127.0.0.1:${port}`,
      `--config.file=${fileOf('blackbox.yaml')}`,
      '--log.level=warn',
    ],
  },
  elasticsearch: {
    purpose: 'the exporter of Elasticsearch',
    args: (port) => [`--web.listen-address=127.0.0.1:${port}`, '--es.indices', '--es.timeout=3s', '--log.level=warn'],
  },
}

/** What an exporter asks; what is secret goes by the environment. */
export type ExporterTarget = { args?: readonly string[]; env?: Readonly<Record<string, string>> }

export type ExporterOptions = {
  exporter: ExporterName
  port: number
  target: ExporterTarget
  logFile: string
  pidFile?: string | undefined
  say: Say
}

/** Starts one of Debian's Prometheus exporters. */
export const startExporter = async (options: ExporterOptions): Promise<Server> => {
  const { exporter, port, target } = options
  const name = `prometheus-${exporter}-exporter`
  const needed = { programs: [name, `${exporter}_exporter`], packages: [name], purpose: RECIPES[exporter].purpose }
  const command = await requireProgram(needed, options.say, `${exporter}-exporter`)
  const server = new ManagedProcess({
    name: `${exporter}-exporter`,
    command,
    args: [...RECIPES[exporter].args(port), ...(target.args ?? [])],
    env: target.env ?? {},
    logFile: options.logFile,
    pidFile: options.pidFile,
    ready: () => answersOk(`http://127.0.0.1:${port}/`),
  })
  await server.start()
  return serverOf(server, `http://127.0.0.1:${port}`, port)
}
