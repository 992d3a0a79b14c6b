import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Failure } from '../failure.ts'
import { ManagedProcess } from '../managed-process.ts'
import { findProgram } from '../programs.ts'
import { answersOk, serverOf, type Server } from './server.ts'

const ROOM = new URL('../../../observability/grafana/', import.meta.url)

export type GrafanaOptions = {
  dataDir: string
  port: number
  /** Of the administrator; viewers need none. */
  password: string
  urls: { prometheus: string; alertmanager: string; loki: string; tempo: string; elasticsearch: string }
  logFile: string
  pidFile?: string | undefined
}

/** Starts the `grafana` of this machine with our data sources and dashboards; it cannot be had from packages. */
export const startGrafana = async (options: GrafanaOptions): Promise<Server> => {
  const { dataDir, port, urls } = options
  const command = findProgram('grafana')
  if (command === undefined) {
    throw new Failure(
      'there is no "grafana" on PATH, and no package source has it: install it from grafana.com, then start again.',
    )
  }
  await mkdir(dataDir, { recursive: true })
  const home = process.env['GRAFANA_HOME'] || join(dirname(dirname(command)), 'share/grafana')
  const url = `http://127.0.0.1:${port}`
  const server = new ManagedProcess({
    name: 'grafana',
    command,
    args: ['server', '--homepath', home],
    env: {
      GF_SERVER_HTTP_ADDR: '127.0.0.1',
      GF_SERVER_HTTP_PORT: String(port),
      GF_PATHS_DATA: dataDir,
      GF_PATHS_PROVISIONING: fileURLToPath(new URL('provisioning', ROOM)),
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
