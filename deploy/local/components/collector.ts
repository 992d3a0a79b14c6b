import { createHash } from 'node:crypto'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readFile, rename, rm } from 'node:fs/promises'
import { constants, setPriority } from 'node:os'
import { join } from 'node:path'
import { cacheFolder, withLock } from '../cache.ts'
import { Failure, toolFailure } from '../failure.ts'
import { guarded, ManagedProcess } from '../managed-process.ts'
import { findProgram } from '../programs.ts'
import { answersOk, serverOf, type Server } from './server.ts'

const VERSION = '0.155.0'
const BUILDER = `go.opentelemetry.io/collector/cmd/builder@v${VERSION}`
const CONFIG = new URL('../../../observability/collector/', import.meta.url)

export type CollectorOptions = {
  binary: string
  /** `traces.jsonl` is written here. */
  folder: string
  otlpPort: number
  healthPort: number
  logFile: string
  pidFile?: string | undefined
}

// GOMAXPROCS and -p 1 at the lowest priority: the build takes what the platform leaves over. A vendor's go.mod may ask
// for a newer Go than the machine's; Go then fetches that one by itself.
const buildEnvironment = (folder: string): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  HOME: process.env['HOME'] ?? folder,
  ...Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] =>
      /^(GOPROXY|GONOSUMDB|GONOSUMCHECK|GOSUMDB|GOFLAGS|GOINSECURE|https?_proxy|no_proxy|SSL_CERT_.*)$/i.test(entry[0]),
    ),
  ),
  CGO_ENABLED: '0',
  GOMAXPROCS: '1',
  GOMODCACHE: join(folder, 'modules'),
  GOCACHE: join(folder, 'compiled'),
  GOBIN: join(folder, 'bin'),
})

type RunOptions = { onLine?: (line: string) => void; env?: Record<string, string> }

const run = (command: string, args: readonly string[], folder: string, { onLine, env }: RunOptions = {}) =>
  new Promise<void>((resolve, reject) => {
    const child = spawn(...guarded(command, args), {
      cwd: folder,
      env: { ...buildEnvironment(folder), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    // Its own children follow: Go starts a compiler per package.
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW)
    const stop = (): void => void child.kill()
    process.once('exit', stop)
    let tail = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        tail = (tail + text).slice(-4000)
        for (const line of text.split('\n')) if (line !== '') onLine?.(line)
      })
    }
    child.once('error', reject)
    child.once('close', (code) => {
      process.off('exit', stop)
      if (code === 0) resolve()
      else reject(toolFailure('Building the collector (Go)', tail))
    })
  })

const countPackages = async (go: string, folder: string): Promise<number> => {
  let count = 0
  const onLine = (line: string): void => {
    if (!line.startsWith('go: ')) count += 1
  }
  await run(go, ['list', '-mod=mod', '-deps', '-f', '{{if not .Standard}}{{.ImportPath}}{{end}}', '.'], folder, {
    onLine,
  })
  return count
}

// The builder writes main.go and go.mod, and then tidies the latter, for which it wants the modules of everybody's tests as
// well. Without a proxy that step fails at once, which is all the same: `go build -mod=mod` finds what is compiled.
const writeSources = async (folder: string): Promise<void> => {
  const builder = join(folder, 'bin/builder')
  await run(builder, ['--config', 'builder.yaml', '--skip-compilation'], folder, { env: { GOPROXY: 'off' } }).catch(
    (error: unknown) => {
      if (!existsSync(join(folder, 'go.mod')) || !existsSync(join(folder, 'main.go'))) throw error
    },
  )
}

const build = async (go: string, folder: string, note: (message: string) => void): Promise<string> => {
  await mkdir(folder, { recursive: true })
  await copyFile(new URL('builder.yaml', CONFIG), join(folder, 'builder.yaml'))
  note(`building OpenTelemetry Collector ${VERSION} with Go, once, in the background (about 4 minutes)`)
  await run(go, ['install', '-modcacherw', '-trimpath', BUILDER], folder)
  await writeSources(folder)
  const total = await countPackages(go, folder)
  let compiled = 0
  let told = 0
  const flags = ['-p', '1', '-mod=mod', '-modcacherw', '-trimpath', '-buildvcs=false', '-ldflags=-s -w', '-v']
  const onLine = (line: string): void => {
    if (line.startsWith('go: ') || !line.includes('.')) return
    compiled += 1
    const percent = Math.min(99, Math.floor((compiled / total) * 100))
    if (percent < told + 20) return
    told = percent
    note(`building, ${percent} %`)
  }
  await run(go, ['build', ...flags, '-o', 'collector', '.'], folder, { onLine })
  return join(folder, 'collector')
}

/** The collector's program, from the cache or built first; throws a Failure where there is no Go. */
export const collectorBinary = async (note: (message: string) => void): Promise<string> => {
  const recipe = createHash('sha256')
    .update(await readFile(new URL('builder.yaml', CONFIG)))
    .digest('hex')
    .slice(0, 8)
  const binary = join(cacheFolder(process.env), `collector-${VERSION}-${recipe}`)
  if (existsSync(binary)) return binary
  const go = findProgram('go') ?? (existsSync('/usr/local/go/bin/go') ? '/usr/local/go/bin/go' : undefined)
  if (go === undefined) {
    throw new Failure(
      'it is built with Go 1.24 or newer, which is not here; traces are kept by the spool, which is enough.',
    )
  }
  return withLock(`${binary}.lock`, async () => {
    if (existsSync(binary)) return binary
    // Kept when the build is broken off, so that the next one goes on from there.
    const folder = `${binary}.build`
    await rename(await build(go, folder, note), binary)
    await rm(folder, { recursive: true, force: true })
    return binary
  })
}

/** Starts the collector: OTLP in, lines of JSON in a file out. */
export const startCollector = async (options: CollectorOptions): Promise<Server> => {
  const { binary, folder, otlpPort, healthPort } = options
  await mkdir(folder, { recursive: true })
  const server = new ManagedProcess({
    name: 'collector',
    command: binary,
    args: ['--config', join(CONFIG.pathname, 'collector.yaml')],
    env: {
      PHAROS_OTLP_ENDPOINT: `127.0.0.1:${otlpPort}`,
      PHAROS_HEALTH_ENDPOINT: `127.0.0.1:${healthPort}`,
      PHAROS_TELEMETRY_FOLDER: folder,
      GOMEMLIMIT: '160MiB',
    },
    logFile: options.logFile,
    pidFile: options.pidFile,
    ready: () => answersOk(`http://127.0.0.1:${healthPort}/`),
  })
  await server.start()
  return serverOf(server, `http://127.0.0.1:${otlpPort}`, otlpPort)
}
