import { mkdirSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { cacheFolder } from './cache.ts'
import { diskFull, Failure, sentenceOf } from './failure.ts'
import { startExtras } from './extras/start-extras.ts'
import { coreParts, type PartsInput } from './parts.ts'
import { requireFree } from './ports.ts'
import { isRoot } from './programs.ts'
import { elapsedSeconds, say, table } from './progress.ts'
import { takeHome } from './run-state.ts'
import { loadSecrets } from './secrets.ts'
import { resolveOnly, type Selection } from './selection.ts'
import { outsideHome, portVariable, readSettings, type Settings } from './settings.ts'
import { Supervisor } from './supervisor.ts'
import { sweep } from './sweep.ts'

const FREE_BYTES_NEEDED = 500 * 1024 * 1024
const MADE_HERE = ['data', 'logs', 'telemetry']

const readArguments = (args: readonly string[]): { fresh: boolean; only: string | undefined; ops: boolean } => {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        fresh: { type: 'boolean', default: false },
        only: { type: 'string' },
        ops: { type: 'boolean', default: false },
      },
    })
    if (values.ops && values.only !== undefined)
      throw new Failure('--ops watches the whole platform: leave out --only.')
    return { fresh: values.fresh, only: values.only, ops: values.ops }
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure('Usage: npm start -- [--only users,auth | --only none | --ops] [--fresh]', { cause: error })
  }
}

const requireSpace = (folders: readonly string[]): void => {
  for (const folder of folders) {
    mkdirSync(folder, { recursive: true })
    const { bavail, bsize } = statfsSync(folder)
    if (bavail * bsize < FREE_BYTES_NEEDED) throw diskFull(folder)
  }
}

const wipe = ({ home, given }: Settings): void => {
  for (const name of MADE_HERE) rmSync(join(home, name), { recursive: true, force: true })
  if (isRoot()) rmSync(outsideHome(home), { recursive: true, force: true })
  // The keys in a server of the user's own are encrypted with these secrets, and --fresh does not wipe that server.
  if (given.postgres === undefined) rmSync(join(home, 'secrets.json'), { force: true })
  else say('fresh', 'the databases behind POSTGRES_URL and the secrets that fit them are left as they are')
}

const requirePorts = async ({ ports, servicePorts, given }: Settings, selection: Selection): Promise<void> => {
  const uses: [number, string, string][] = []
  const use = (port: number, purpose: string, name: string): void => void uses.push([port, purpose, portVariable(name)])
  const ours = selection.stores.filter((name) => given[name] === undefined)
  if (ours.includes('postgres')) use(ports.POSTGRES, 'PostgreSQL', 'postgres')
  if (ours.includes('redis')) use(ports.REDIS, 'Redis', 'redis')
  if (ours.includes('kafka')) use(ports.KAFKA, 'Kafka', 'kafka')
  if (ours.includes('kafka')) use(ports.KAFKA_CONTROLLER, "Kafka's controller", 'kafka_controller')
  for (const name of selection.services) {
    use(servicePorts[name].http, name, name)
    use(servicePorts[name].management, `management of ${name}, 1000 above its own`, name)
  }
  if (selection.services.length > 0) {
    use(ports.OTLP, 'traces', 'otlp')
    use(ports.SENTRY, 'errors', 'sentry')
  }
  for (const [port, purpose, variable] of uses) await requireFree(port, purpose, variable)
}

const summary = ({ settings, selection, ops }: PartsInput): string => {
  const { ports, servicePorts, given } = settings
  const at = (port: number): string => `http://127.0.0.1:${port}`
  const rows: string[][] = []
  for (const name of selection.services) {
    const { http, management } = servicePorts[name]
    if (name === 'gateway') {
      rows.push(['API', `${at(http)}/api/v1`], ['API documentation', `${at(http)}/swagger/index.html`])
    }
    rows.push([name, at(http), `metrics and health: ${at(management)}`])
  }
  for (const name of selection.stores) {
    const port = { postgres: ports.POSTGRES, redis: ports.REDIS, kafka: ports.KAFKA }[name]
    rows.push([name, given[name] === undefined ? `127.0.0.1:${port}` : 'as given by environment'])
  }
  if (settings.receivers.prometheus && selection.whole) {
    rows.push(['Prometheus', at(ports.PROMETHEUS), 'comes in a moment'])
    rows.push(['alerts', at(ports.ONCALL), 'what whoever is on call would get'])
    if (settings.rules === 'fast') rows.push(['rules', 'fast: windows a sixth of the real ones (PHAROS_RULES)'])
  }
  if (ops) {
    const { loki = at(ports.LOKI), tempo, elasticsearch = at(ports.ELASTICSEARCH) } = settings.backEnds
    rows.push(['Loki', loki], ['Tempo', tempo?.url ?? at(ports.TEMPO)], ['Elasticsearch', elasticsearch])
    rows.push(['error tracker', at(ports.BUGSINK), 'user admin, password in .pharos/secrets.json'])
    rows.push(['Grafana', at(ports.GRAFANA), 'where a "grafana" is on PATH'])
    rows.push(['', '', 'npm run ops:check tells which of them live'])
  }
  rows.push(['logs', '.pharos/logs/', 'npm run logs -- -f'], ['traces, errors', '.pharos/telemetry/'])
  rows.push(['passwords', '.pharos/secrets.json'])
  return table(rows.map((row) => ['  ', ...row]))
}

const main = async (args: readonly string[]): Promise<void> => {
  const { fresh, only, ops } = readArguments(args)
  const settings = readSettings(process.env)
  const selection = resolveOnly(only)
  const { home } = settings
  using _home = takeHome(home)
  const leftovers = await sweep(join(home, 'run'))
  if (leftovers.length > 0) say('sweep', `ended what an earlier run left behind: ${leftovers.join(', ')}`)
  if (fresh) wipe(settings)
  requireSpace([home, cacheFolder(process.env)])
  await requirePorts(settings, selection)
  const input: PartsInput = { settings, selection, secrets: loadSecrets(join(home, 'secrets.json')), ops }
  const supervisor = new Supervisor({ home, say })

  const asked = Promise.withResolvers<void>()
  let signals = 0
  const onSignal = (signal: NodeJS.Signals): void => {
    signals += 1
    if (signals === 1) say('stop', `${signal}: stopping everything in order (once more: at once)`)
    else void supervisor.abort().then(() => process.exit(1))
    asked.resolve()
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', onSignal)
  // A terminal that is gone must not end us before everything is stopped.
  process.stdout.on('error', () => {})

  try {
    const up = supervisor.up(coreParts(input))
    await Promise.race([up, asked.promise])
    if (signals === 0) {
      process.stdout.write(`\nPharos is up after ${elapsedSeconds()} s.\n\n${summary(input)}\n\nCtrl-C stops it.\n\n`)
      const keepAlive = setInterval(() => {}, 60_000)
      if (selection.whole) void startExtras(input, supervisor)
      await asked.promise
      clearInterval(keepAlive)
    } else {
      up.catch(() => {})
    }
  } finally {
    await supervisor.down()
  }
}

try {
  await main(process.argv.slice(2))
  process.exit(0)
} catch (error) {
  process.stderr.write(`✖ ${sentenceOf(error)}\n`)
  process.exit(1)
}
