import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse, stringify } from 'yaml'
import { ManagedProcess } from '../managed-process.ts'
import { requireProgram } from '../programs.ts'
import type { Say } from '../progress.ts'
import { answersOk, serverOf, type Server } from './server.ts'

const ROOM = new URL('../../../observability/prometheus/', import.meta.url)

type Common = { dataDir: string; port: number; logFile: string; pidFile?: string | undefined; say: Say }

/** What of the base configuration holds in a run. */
export type ScrapeRun = {
  /** Where each target of the base file is in this run, by the base file's port. */
  ports: ReadonlyMap<number, number>
  /** What is there, by its label `service`: nothing else is scraped, nor missed. */
  services: ReadonlySet<string>
  /** Where its rules lie, if not in the repository. */
  rulesFolder?: string | undefined
}

const moved = (value: unknown, ports: ScrapeRun['ports']): unknown => {
  if (Array.isArray(value)) return value.map((inner) => moved(inner, ports))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, moved(inner, ports)]))
  }
  if (typeof value !== 'string') return value
  return value.replace(/^((?:http:\/\/)?127\.0\.0\.1:)(\d+)/, (_all, before: string, port: string) => {
    return `${before}${ports.get(Number(port)) ?? port}`
  })
}

type Group = { labels: { service: string } }
type Configuration = { rule_files: string[]; scrape_configs: { job_name: string; static_configs: Group[] }[] }

/** The base configuration with the ports of a run and its rules where they lie, without what is not part of it. */
export const scrapeConfiguration = (base: string, { ports, services, rulesFolder }: ScrapeRun): string => {
  const configuration = moved(parse(base), ports) as Configuration
  const jobs = configuration.scrape_configs
    .filter(({ job_name: name }) => name !== 'probe' || services.has('blackbox'))
    .map((job) => ({ ...job, static_configs: job.static_configs.filter(({ labels }) => services.has(labels.service)) }))
    .filter((job) => job.static_configs.length > 0)
  const rules =
    rulesFolder === undefined
      ? configuration.rule_files.map((file) => fileURLToPath(new URL(file, ROOM)))
      : [join(rulesFolder, '*.yml')]
  return stringify({ ...configuration, rule_files: rules, scrape_configs: jobs })
}

/** Writes `prometheus.yml` of a run into a folder. */
export const writeScrapeRun = async (folder: string, run: ScrapeRun): Promise<void> => {
  const base = await readFile(new URL('prometheus.yml', ROOM), 'utf8')
  await writeFile(join(folder, 'prometheus.yml'), scrapeConfiguration(base, run))
}

const fromDebian = (program: string, say: Say): Promise<string> => {
  const needed = {
    programs: [program],
    packages: ['prometheus', 'prometheus-alertmanager'],
    purpose: 'Prometheus (metrics and alerts; the platform works without it)',
  }
  return requireProgram(needed, say, 'prometheus')
}

/** Starts Prometheus with what `writeScrapeRun` wrote; SIGHUP makes it read that again. */
export const startPrometheus = async (options: Common & { folder: string }): Promise<Server> => {
  const { folder, dataDir, port } = options
  const command = await fromDebian('prometheus', options.say)
  await mkdir(dataDir, { recursive: true })
  const server = new ManagedProcess({
    name: 'prometheus',
    command,
    args: [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${dataDir}`,
      '--storage.tsdb.retention.time=7d',
      '--storage.tsdb.retention.size=1GB',
      `--web.listen-address=127.0.0.1:${port}`,
      `--web.external-url=http://127.0.0.1:${port}`,
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

/** Starts Alertmanager with a configuration file, whose templates lie beside it. */
export const startAlertmanager = async (options: Common & { configFile: string }): Promise<Server> => {
  const { configFile, dataDir, port } = options
  const command = await fromDebian('prometheus-alertmanager', options.say)
  await mkdir(dataDir, { recursive: true })
  const server = new ManagedProcess({
    name: 'alertmanager',
    command,
    args: [
      `--config.file=${configFile}`,
      `--storage.path=${dataDir}`,
      `--web.listen-address=127.0.0.1:${port}`,
      `--web.external-url=http://127.0.0.1:${port}`,
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
