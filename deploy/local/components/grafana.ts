import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Failure } from '../failure.ts'
import { ManagedProcess } from '../managed-process.ts'
import { findProgram } from '../programs.ts'
import { forGrafana10, grafanaApi } from './grafana-api.ts'
import { answersOk, serverOf, type Server } from './server.ts'

const ROOM = new URL('../../../observability/grafana/', import.meta.url)

export type GrafanaOptions = {
  dataDir: string
  port: number
  /** Of the administrator; viewers need none. */
  password: string
  urls: { prometheus: string; alertmanager: string; loki: string; tempo: string; elasticsearch: string }
  /** Where there is no Grafana, builds one that has no pages but answers every query as the real one does. */
  apiOnly: boolean
  logFile: string
  pidFile?: string | undefined
  note: (message: string) => void
}

type Program = { command: string; home: string; provisioning: string }

const PROVISIONING = fileURLToPath(new URL('provisioning', ROOM))
const DATA_SOURCES = 'datasources/pharos.yaml'

const programOf = async ({ apiOnly, dataDir, note }: GrafanaOptions): Promise<Program> => {
  const found = findProgram('grafana')
  if (found !== undefined) {
    const home = process.env['GRAFANA_HOME'] || join(dirname(dirname(found)), 'share/grafana')
    return { command: found, home, provisioning: PROVISIONING }
  }
  if (!apiOnly) {
    throw new Failure(
      'there is no "grafana" on PATH, and no package source has it: install it from grafana.com, then start again. ' +
        'PHAROS_GRAFANA=api builds one without pages, for what asks its API.',
    )
  }
  const program = await grafanaApi(note)
  const provisioning = join(dataDir, 'provisioning')
  await rm(provisioning, { recursive: true, force: true })
  await cp(PROVISIONING, provisioning, { recursive: true })
  const file = join(provisioning, DATA_SOURCES)
  await writeFile(file, forGrafana10(await readFile(file, 'utf8')))
  return { ...program, provisioning }
}

/** Starts the `grafana` of this machine with our data sources and dashboards; one with pages cannot be had from packages. */
export const startGrafana = async (options: GrafanaOptions): Promise<Server> => {
  const { dataDir, port, urls } = options
  await mkdir(dataDir, { recursive: true })
  const { command, home, provisioning } = await programOf(options)
  const url = `http://127.0.0.1:${port}`
  const server = new ManagedProcess({
    name: 'grafana',
    command,
    args: ['server', '--homepath', home],
    env: {
      GF_SERVER_HTTP_ADDR: '127.0.0.1',
      GF_SERVER_HTTP_PORT: String(port),
      GF_PATHS_DATA: dataDir,
      GF_PATHS_PROVISIONING: provisioning,
      GF_SECURITY_ADMIN_PASSWORD: options.password,
      GF_AUTH_ANONYMOUS_ENABLED: 'true',
      GF_AUTH_ANONYMOUS_ORG_ROLE: 'Viewer',
      GF_ANALYTICS_REPORTING_ENABLED: 'false',
      GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
      GF_LOG_LEVEL: 'warn',
      PHAROS_DASHBOARDS: fileURLToPath(new URL('dashboards', ROOM)),
      PHAROS_PROMETHEUS_URL: urls.prometheus,
      PHAROS_ALERTMANAGER_URL: urls.alertmanager,
      PHAROS_LOKI_URL: urls.loki,
      PHAROS_TEMPO_URL: urls.tempo,
      PHAROS_ELASTICSEARCH_URL: urls.elasticsearch,
    },
    cwd: dataDir,
    logFile: options.logFile,
    pidFile: options.pidFile,
    ready: () => answersOk(`${url}/api/health`),
    readyTimeoutMs: 90_000,
  })
  await server.start()
  return serverOf(server, url, port)
}
