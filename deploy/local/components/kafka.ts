import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ManagedProcess } from '../managed-process.ts'
import { freePort } from '../ports.ts'
import { silent, type Say } from '../progress.ts'
import { temporaryHome } from '../temporary-home.ts'
import { JVM_FLAGS, kafkaRuntime, makeClassArchive, prepareData, properties } from './kafka-runtime.ts'
import { exchange, serverOf, type Server } from './server.ts'

export type KafkaOptions = {
  dataDir: string
  logFile: string
  port?: number | undefined
  controllerPort?: number | undefined
  pidFile?: string | undefined
  /** Runs at low priority with this flag for the Java machine: only for making the class archive. */
  archiveFlag?: string
  say?: Say
}

// ApiVersions (key 18), version 0, correlation id 1, no client id: the first request any client sends.
const API_VERSIONS = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff])

const answersApiVersions = async (port: number): Promise<void> => {
  const answer = await exchange(port, API_VERSIONS)
  if (answer.length < 10 || answer.readInt32BE(4) !== 1 || answer.readInt16BE(8) !== 0) {
    throw new Error('unexpected answer to ApiVersions')
  }
}

/** Starts one Kafka broker (KRaft). `url` is the broker's `host:port`. */
export const startKafka = async (options: KafkaOptions): Promise<Server> => {
  const runtime = await kafkaRuntime(options.say ?? silent)
  const port = options.port ?? (await freePort())
  const controllerPort = options.controllerPort ?? (await freePort())
  await prepareData(runtime, options.dataDir)
  const file = `${options.dataDir}.properties`
  await writeFile(file, properties({ dataDir: options.dataDir, port, controllerPort }))
  const archive = existsSync(runtime.archive) ? [`-XX:SharedArchiveFile=${runtime.archive}`, '-Xlog:cds=off'] : []
  const server = new ManagedProcess({
    name: 'kafka',
    command: runtime.java,
    args: [
      ...JVM_FLAGS,
      ...(options.archiveFlag === undefined ? archive : [options.archiveFlag]),
      '-cp',
      runtime.classPath,
      'kafka.Kafka',
      file,
    ],
    logFile: options.logFile,
    pidFile: options.pidFile,
    quiet: options.archiveFlag !== undefined,
    stopTimeoutMs: options.archiveFlag === undefined ? 10_000 : 60_000,
    readyTimeoutMs: 60_000,
    ready: () => answersApiVersions(port),
  })
  await server.start()
  return serverOf(server, `127.0.0.1:${port}`, port)
}

/** Makes Kafka's class archive if there is none yet; see `makeClassArchive`. */
export const archiveKafkaClasses = async (say: Say): Promise<void> => {
  const runtime = await kafkaRuntime(say)
  await makeClassArchive(runtime, async (archiveFlag) => {
    await using home = await temporaryHome()
    const place = { dataDir: join(home.path, 'kafka'), logFile: join(home.path, 'log') }
    const server = await startKafka({ ...place, archiveFlag })
    await server.stop()
  })
}
