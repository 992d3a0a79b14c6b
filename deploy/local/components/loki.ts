import { fileURLToPath } from 'node:url'
import { wrapModule, type GoProgram } from '../go-build.ts'
import { startGoServer, type GoServerOptions } from './go-server.ts'
import type { Server } from './server.ts'

const CONFIG = new URL('../../../observability/loki/', import.meta.url)
const VERSION = 'v3.7.8'
const MODULE = 'github.com/grafana/loki/v3'
const PACKAGE = `${MODULE}/cmd/loki`

/** What `loki` is built of. */
export const LOKI: GoProgram = {
  name: 'loki',
  title: 'Loki',
  version: VERSION,
  package: PACKAGE,
  recipe: PACKAGE,
  prepare: (go) => wrapModule(go, { module: MODULE, version: VERSION, package: PACKAGE }),
  values: { [`${MODULE}/pkg/util/build.Version`]: VERSION.slice(1) },
}

export type LokiOptions = GoServerOptions & {
  grpcPort: number
  /** Where its alerts go, and what their links begin with. */
  links: { alertmanager: string; grafana: string; runbooks: string }
  /** Where the rules of this run lie, if not in the repository; they are judged at short intervals. */
  rulesFolder?: string | undefined
}

/** The arguments and the environment that make the configuration of a run. */
export const lokiConfiguration = ({
  dataDir,
  port,
  grpcPort,
  links,
  rulesFolder,
}: Pick<LokiOptions, 'dataDir' | 'port' | 'grpcPort' | 'links' | 'rulesFolder'>): {
  args: string[]
  env: Record<string, string>
} => ({
  args: [
    `-config.file=${fileURLToPath(new URL('loki.yaml', CONFIG))}`,
    '-config.expand-env=true',
    `-server.http-listen-port=${port}`,
    `-server.grpc-listen-port=${grpcPort}`,
    ...(rulesFolder === undefined ? [] : ['-ruler.evaluation-interval=5s']),
  ],
  env: {
    LOKI_DATA: dataDir,
    LOKI_RULES: rulesFolder ?? fileURLToPath(new URL('rules', CONFIG)),
    ALERTMANAGER_URL: links.alertmanager,
    GRAFANA_URL: links.grafana,
    RUNBOOKS_URL: links.runbooks,
  },
})

/** Starts Loki; `url` is where logs go (`/otlp`) and are asked for. */
export const startLoki = (options: LokiOptions): Promise<Server> =>
  startGoServer(LOKI, options, lokiConfiguration(options))
