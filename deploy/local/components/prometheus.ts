import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parse, stringify } from 'yaml'
import { ManagedProcess } from '../managed-process.ts'
import { requireProgram } from '../programs.ts'
import type { Say } from '../progress.ts'
import { answersOk, serverOf, type Server } from './server.ts'

const BASE = new URL('../../../observability/prometheus/prometheus.yml', import.meta.url)
const ALERTMANAGER = new URL('../../../observability/alertmanager/alertmanager.yml', import.meta.url)

type Common = { dataDir: string; port: number; logFile: string; pidFile?: string | undefined; say: Say }

export type PrometheusOptions = Common & {
  /** The configuration of this run is written here. */
  configFile: string
  /** Where each target of the base file is in this run, by the base file's port. */
  ports: ReadonlyMap<number, number>
}

/** The base configuration with the ports of this run. */
export const withPorts = (base: string, ports: ReadonlyMap<number, number>): string => {
  const moved = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(moved)
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, moved(inner)]))
    }
    if (typeof value !== 'string') return value
    return value.replace(/^127\.0\.0\.1:(\d+)$/, (all, port) => {
      const now = ports.get(Number(port))
      return now === undefined ? all : `127.0.0.1:${now}`
    })
  }
  return stringify(moved(parse(base)))
}

const fromDebian = (program: string, say: Say): Promise<string> => {
  const needed = {
    programs: [program],
    packages: ['prometheus', 'prometheus-alertmanager'],
    purpose: 'Prometheus (metrics and alerts; the platform works without it)',
  }
  return requireProgram(needed, say, 'prometheus')
}

export const startPrometheus = async (options: PrometheusOptions): Promise<Server> => {
  const { configFile, dataDir, port } = options
  const command = await fromDebian('prometheus', options.say)
  await mkdir(dataDir, { recursive: true })
  await writeFile(configFile, withPorts(await readFile(BASE, 'utf8'), options.ports))
  const server = new ManagedProcess({
    name: 'prometheus',
    command,
    args: [
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${dataDir}`,
      '--storage.tsdb.retention.time=3d',
      '--storage.tsdb.retention.size=512MB',
      `--web.listen-address=127.0.0.1:${port}`,
      '--enable-feature=exemplar-storage',
      '--log.level=warn',
    ],
    // Debian's pages and templates are found from here.
    cwd: '/',
    logFile: options.logFile,
    pidFile: options.pidFile,
    ready: () => answersOk(`http://127.0.0.1:${port}/-/ready`),
  })
  await server.start()
  return serverOf(server, `http://127.0.0.1:${port}`, port)
}

export const startAlertmanager = async (options: Common): Promise<Server> => {
  const { dataDir, port } = options
  const command = await fromDebian('prometheus-alertmanager', options.say)
  await mkdir(dataDir, { recursive: true })
  const server = new ManagedProcess({
    name: 'alertmanager',
    command,
    args: [
      `--config.file=${fileURLToPath(ALERTMANAGER)}`,
      `--storage.path=${dataDir}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
      '--log.level=warn',
    ],
    cwd: '/',
    logFile: options.logFile,
    pidFile: options.pidFile,
    ready: () => answersOk(`http://127.0.0.1:${port}/-/ready`),
  })
  await server.start()
  return serverOf(server, `http://127.0.0.1:${port}`, port)
}
