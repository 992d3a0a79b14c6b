import { fileURLToPath } from 'node:url'
import { wrapModule, type GoProgram } from '../go-build.ts'
import { startGoServer, type GoServerOptions } from './go-server.ts'
import type { Server } from './server.ts'

const CONFIG = new URL('../../../observability/tempo/tempo.yaml', import.meta.url)
// The line of 2.6, by the commit that the module proxy has of it.
const VERSION = 'v1.5.1-0.20241001135150-ed943d7a56b2'
const MODULE = 'github.com/grafana/tempo'
const PACKAGE = `${MODULE}/cmd/tempo`

// A commit without a release is not in every mirror of the checksum database.
const SUMS = `\
${MODULE} ${VERSION} h1:XMreZ1SPjLpd9zhql5FXKFYwAcgBzS2E2MOPx4n+FyY=
${MODULE} ${VERSION}/go.mod h1:UKONJhBCxmL+0ri27VMledCVzZIJqnl6Ah24A5vCRzs=
`

/** What `tempo` is built of. */
export const TEMPO: GoProgram = {
  name: 'tempo',
  title: 'Tempo',
  version: '2.6',
  package: PACKAGE,
  recipe: VERSION,
  prepare: (go) => wrapModule(go, { module: MODULE, version: VERSION, package: PACKAGE, sums: SUMS }),
  values: { 'main.Version': '2.6.0', 'main.Branch': 'main', 'main.Revision': VERSION.slice(-12) },
}

export type TempoOptions = GoServerOptions & {
  grpcPort: number
  /** Where the collector sends traces (OTLP over HTTP). */
  otlpPort: number
}

/** The arguments and the environment that make the configuration of a run. */
export const tempoConfiguration = ({
  dataDir,
  port,
  grpcPort,
  otlpPort,
}: Pick<TempoOptions, 'dataDir' | 'port' | 'grpcPort' | 'otlpPort'>): {
  args: string[]
  env: Record<string, string>
} => ({
  args: [
    `-config.file=${fileURLToPath(CONFIG)}`,
    '-config.expand-env=true',
    `-server.http-listen-port=${port}`,
    `-server.grpc-listen-port=${grpcPort}`,
  ],
  env: { TEMPO_DATA: dataDir, TEMPO_OTLP_ENDPOINT: `127.0.0.1:${otlpPort}` },
})

/** Starts Tempo; `url` is where traces are asked for. */
export const startTempo = (options: TempoOptions): Promise<Server> =>
  // After traffic it can wait for its own queriers without end.
  startGoServer(TEMPO, options, { ...tempoConfiguration(options), stopTimeoutMs: 5000 })
