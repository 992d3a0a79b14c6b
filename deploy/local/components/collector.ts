import { existsSync, readFileSync } from 'node:fs'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { goBinary, type Go, type GoProgram } from '../go-build.ts'
import { ManagedProcess } from '../managed-process.ts'
import { findProgram } from '../programs.ts'
import { answersOk, serverOf, type Server } from './server.ts'

const ROOM = new URL('../../../observability/collector/', import.meta.url)
const VERSION = '0.152.0'
const BUILDER = `go.opentelemetry.io/collector/cmd/builder@v${VERSION}`
const CONTRIB = 'github.com/open-telemetry/opentelemetry-collector-contrib'

// What not every mirror of the checksum database knows.
const SUMS = `\
${CONTRIB}/exporter/elasticsearchexporter v0.152.0 h1:gsrbRo8OXZRh57zuey5ubxKM5g9c6MBAsusGwyzReQ0=
${CONTRIB}/exporter/elasticsearchexporter v0.152.0/go.mod h1:PRCp55/0NyMVFfi+PsdRzsNYwPk/ur+A+VFj3kqsWvs=
${CONTRIB}/receiver/kafkametricsreceiver v0.152.0 h1:CGwXsdJExObLSXsdutcwrZ34s9un+cwu4tZ/dT2SUW4=
${CONTRIB}/receiver/kafkametricsreceiver v0.152.0/go.mod h1:nLhydfQDctE/K07SdAoOuhvqVLKnB+3Hqn8V54/EdxY=
go.opentelemetry.io/ebpf-profiler v0.0.202618 h1:4r2HSY8cLb3HoI0TcHtIFws3a2pLOWVvjB4pvGfU+Yc=
go.opentelemetry.io/ebpf-profiler v0.0.202618/go.mod h1:kAIjd+XsfWpzoQdpiiJtQuQHV4cPNgeNpbbiAgNCQ8A=
`

// The builder writes main.go and go.mod, and then tidies the latter, for which it wants the modules of everybody's tests as
// well. Without a proxy that step fails at once, which is all the same: `go build -mod=mod` finds what is compiled.
const prepare = async ({ folder, run }: Go): Promise<void> => {
  await copyFile(new URL('builder.yaml', ROOM), join(folder, 'builder.yaml'))
  await run(['install', '-modcacherw', '-trimpath', BUILDER])
  const program = join(folder, 'bin/builder')
  await run(['--config', 'builder.yaml', '--skip-compilation'], { program, env: { GOPROXY: 'off' } }).catch(
    (error: unknown) => {
      if (!existsSync(join(folder, 'go.mod')) || !existsSync(join(folder, 'main.go'))) throw error
    },
  )
  await writeFile(join(folder, 'go.sum'), SUMS)
}

/** What `collector` is built of. */
export const COLLECTOR: GoProgram = {
  name: 'collector',
  title: 'OpenTelemetry Collector',
  version: VERSION,
  package: '.',
  recipe: readFileSync(new URL('builder.yaml', ROOM), 'utf8'),
  prepare,
}

/** The program: a distribution on PATH that has all that is needed, or ours. */
export const collectorProgram = (note: (message: string) => void): Promise<string> => {
  const found = findProgram('otelcol-contrib')
  return found === undefined ? goBinary(COLLECTOR, note) : Promise.resolve(found)
}

/** The back ends that are there in this run; each adds its file of `observability/collector/` to `base.yaml`. */
export type CollectorTargets = {
  /** Spans as lines of JSON, in `traces.jsonl` of this folder. */
  files?: { folder: string } | undefined
  /** The OTLP/HTTP endpoint of Tempo. */
  tempo?: { endpoint: string } | undefined
  loki?: { url: string } | undefined
  elasticsearch?: { url: string } | undefined
  kafka?: { brokers: string } | undefined
  /** Log files to read, and where it is remembered how far they have been read. */
  logs?: { include: string; memory: string } | undefined
}

export type CollectorOptions = {
  binary: string
  targets: CollectorTargets
  environment: string
  ports: { otlp: number; health: number; metrics: number; pipeline: number }
  logFile: string
  pidFile?: string | undefined
}

/** The arguments and the environment that make one configuration of base and overlays. */
export const collectorConfiguration = ({
  targets: { files, tempo, loki, elasticsearch, kafka, logs },
  environment,
  ports,
}: Pick<CollectorOptions, 'targets' | 'environment' | 'ports'>): { args: string[]; env: Record<string, string> } => {
  const used = { base: true, files, tempo, logs, loki: loki && logs, elasticsearch: elasticsearch && logs, kafka }
  const args = Object.entries(used)
    .filter(([, target]) => target !== undefined)
    .flatMap(([name]) => ['--config', fileURLToPath(new URL(`${name}.yaml`, ROOM))])
  const env = {
    PHAROS_ENVIRONMENT: environment,
    PHAROS_OTLP_ENDPOINT: `127.0.0.1:${ports.otlp}`,
    PHAROS_HEALTH_ENDPOINT: `127.0.0.1:${ports.health}`,
    PHAROS_COLLECTOR_METRICS_PORT: String(ports.metrics),
    PHAROS_PIPELINE_ENDPOINT: `127.0.0.1:${ports.pipeline}`,
    // A machine of one's own keeps every trace: there, what one looks for is one's own last request.
    PHAROS_TRACES_KEPT_PERCENT: '100',
    PHAROS_TRACES_WAIT: '2s',
    ...(files && { PHAROS_TELEMETRY_FOLDER: files.folder }),
    ...(tempo && { PHAROS_TEMPO_OTLP: tempo.endpoint }),
    ...(loki && { PHAROS_LOKI_URL: loki.url }),
    ...(elasticsearch && { PHAROS_ELASTICSEARCH_URL: elasticsearch.url }),
    ...(kafka && { PHAROS_KAFKA_BROKERS: kafka.brokers }),
    ...(logs && { PHAROS_LOGS: logs.include, PHAROS_COLLECTOR_MEMORY: logs.memory }),
  }
  return { args, env }
}

/** Starts the collector. `url` is where spans go. */
export const startCollector = async (options: CollectorOptions): Promise<Server> => {
  const { binary, targets, ports } = options
  const { args, env } = collectorConfiguration(options)
  for (const folder of [targets.files?.folder, targets.logs?.memory]) {
    if (folder !== undefined) await mkdir(folder, { recursive: true })
  }
  const server = new ManagedProcess({
    name: 'collector',
    command: binary,
    args,
    env: { ...env, GOMEMLIMIT: '240MiB' },
    logFile: options.logFile,
    pidFile: options.pidFile,
    ready: () => answersOk(`http://127.0.0.1:${ports.health}/`),
  })
  await server.start()
  return serverOf(server, `http://127.0.0.1:${ports.otlp}`, ports.otlp)
}
