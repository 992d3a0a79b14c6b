import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { goBinary, wrapModule, type GoProgram } from '../go-build.ts'
import { ManagedProcess } from '../managed-process.ts'
import { findProgram } from '../programs.ts'
import { answersOk, serverOf, type Server } from './server.ts'

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

export type TempoOptions = {
  dataDir: string
  port: number
  grpcPort: number
  /** Where the collector sends traces (OTLP over HTTP). */
  otlpPort: number
  logFile: string
  pidFile?: string | undefined
  note: (message: string) => void
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
export const startTempo = async (options: TempoOptions): Promise<Server> => {
  const { dataDir, port } = options
  const command = findProgram('tempo') ?? (await goBinary(TEMPO, options.note))
  await mkdir(dataDir, { recursive: true })
  const url = `http://127.0.0.1:${port}`
  const { args, env } = tempoConfiguration(options)
  const server = new ManagedProcess({
    name: 'tempo',
    command,
    args,
    env: { ...env, GOMEMLIMIT: '400MiB' },
    cwd: dataDir,
    logFile: options.logFile,
    pidFile: options.pidFile,
    // After traffic it can wait for its own queriers without end.
    stopTimeoutMs: 5000,
    ready: () => answersOk(`${url}/ready`),
    readyTimeoutMs: 90_000,
  })
  await server.start()
  return serverOf(server, url, port)
}
