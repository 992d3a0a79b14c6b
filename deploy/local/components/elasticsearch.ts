import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { cached, cacheFolder } from '../cache.ts'
import { toolFailure } from '../failure.ts'
import { ManagedProcess } from '../managed-process.ts'
import { freePort } from '../ports.ts'
import { silent, type Say } from '../progress.ts'
import { fetchJars, findJava, jarsOf, recipeOf, type JavaServer } from './java.ts'
import { answersOk, serverOf, type Server } from './server.ts'

export type ElasticsearchOptions = {
  dataDir: string
  logFile: string
  port?: number | undefined
  transportPort?: number | undefined
  pidFile?: string | undefined
  say?: Say
}

const OPENSEARCH: JavaServer = {
  part: 'elasticsearch',
  title: 'OpenSearch',
  version: '2.19.6',
  megabytes: 52,
  pom: new URL('elasticsearch.pom.xml', import.meta.url),
}
const LAUNCHER = new URL('elasticsearch-launcher/SearchNode.java', import.meta.url)

const JVM_FLAGS = [
  '-Xms128m',
  '-Xmx512m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-XX:-UsePerfData',
  '-Dlog4j2.disable.jmx=true',
  '-Dopensearch.set.netty.runtime.available.processors=false',
]

const compileLauncher = async (java: string, folder: string): Promise<void> => {
  const classPath = (await jarsOf(folder)).join(':')
  const compiler = ['-cp', classPath, 'org.eclipse.jdt.internal.compiler.batch.Main']
  const options = ['--release', '17', '-nowarn', '-cp', classPath, '-d', join(folder, 'classes')]
  const result = await execa(java, [...compiler, ...options, fileURLToPath(LAUNCHER)], { reject: false, all: true })
  if (result.failed) throw toolFailure('Compiling the OpenSearch launcher', result.all)
}

const runtimeFolder = async (): Promise<string> =>
  join(cacheFolder(process.env), `opensearch-${OPENSEARCH.version}-${await recipeOf(OPENSEARCH.pom, LAUNCHER)}`)

/** Whether a start would find everything in the cache: tests do not fetch. */
export const isElasticsearchFetched = async (): Promise<boolean> => existsSync(await runtimeFolder())

const runtime = async (say: Say): Promise<{ java: string; classPath: string }> => {
  const { java } = await findJava(OPENSEARCH, say)
  const home = await cached(await runtimeFolder(), async (unfinished) => {
    await fetchJars(OPENSEARCH, unfinished, say)
    await compileLauncher(java, unfinished)
  })
  return { java, classPath: [join(home, 'classes'), ...(await jarsOf(home))].join(':') }
}

/** Starts one OpenSearch node, which speaks Elasticsearch's API, without security: it listens on loopback only. */
export const startElasticsearch = async (options: ElasticsearchOptions): Promise<Server> => {
  const { java, classPath } = await runtime(options.say ?? silent)
  const port = options.port ?? (await freePort())
  const transportPort = options.transportPort ?? (await freePort())
  await mkdir(join(options.dataDir, 'config'), { recursive: true })
  const server = new ManagedProcess({
    name: 'elasticsearch',
    command: java,
    args: [...JVM_FLAGS, '-cp', classPath, 'SearchNode', options.dataDir, String(port), String(transportPort)],
    logFile: options.logFile,
    pidFile: options.pidFile,
    readyTimeoutMs: 60_000,
    // After a restart it answers before it has opened what it keeps.
    ready: () => answersOk(`http://127.0.0.1:${port}/_cluster/health?wait_for_status=yellow&timeout=1s`),
  })
  await server.start()
  return serverOf(server, `http://127.0.0.1:${port}`, port)
}
