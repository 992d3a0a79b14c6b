import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { execa } from 'execa'
import { cached, cacheFolder, withLock } from '../cache.ts'
import { toolFailure } from '../failure.ts'
import type { Say } from '../progress.ts'
import { fetchJars, findJava, jarsOf, recipeOf, type JavaServer } from './java.ts'

/** What is needed to run the broker: Java, the jars, a formatted data folder to copy, and the class archive if made. */
export type KafkaRuntime = { java: string; classPath: string; formatted: string; archive: string }

const KAFKA: JavaServer = {
  part: 'kafka',
  title: 'Kafka',
  version: '4.3.1',
  megabytes: 44,
  pom: new URL('kafka.pom.xml', import.meta.url),
}
const CLUSTER_ID = '4L6g3nShT-eMCtK--X86sw'

export const JVM_FLAGS = [
  '-Xms64m',
  '-Xmx256m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-XX:-UsePerfData',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS',
]

/** One broker and its controller in one process, as small as they go. */
export const properties = (o: { dataDir: string; port: number; controllerPort: number }): string => {
  const settings: Record<string, string | number> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    // A fixed voter, not a recorded one: the data folder may then move to another port, or be copied.
    'controller.quorum.voters': `1@127.0.0.1:${o.controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${o.port},CONTROLLER://127.0.0.1:${o.controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${o.port},CONTROLLER://127.0.0.1:${o.controllerPort}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': o.dataDir,
    'num.network.threads': 2,
    'num.io.threads': 2,
    'background.threads': 2,
    'default.replication.factor': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 2,
    'group.initial.rebalance.delay.ms': 0,
    'group.coordinator.threads': 1,
    'log.cleaner.dedupe.buffer.size': 2_097_152,
    'log.segment.bytes': 67_108_864,
    'log.index.size.max.bytes': 1_048_576,
    'auto.create.topics.enable': 'false',
    // Else a broker that was killed waits 16 s for its former self to be given up.
    'broker.session.timeout.ms': 3000,
    'broker.heartbeat.interval.ms': 500,
  }
  return `${Object.entries(settings)
    .map(([key, value]) => `${key}=${value}`)
    .join('\n')}\n`
}

const format = async (java: string, classPath: string, folder: string): Promise<void> => {
  const file = join(folder, 'format.properties')
  await writeFile(file, properties({ dataDir: join(folder, 'data'), port: 9092, controllerPort: 9094 }))
  const tool = ['kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', file]
  const result = await execa(java, [...JVM_FLAGS, '-cp', classPath, ...tool], { reject: false, all: true })
  if (result.failed) throw toolFailure('Formatting the Kafka data folder', result.all)
}

/** Gets Kafka into the cache, once per version; later calls only look. */
export const kafkaRuntime = async (say: Say): Promise<KafkaRuntime> => {
  const { java, build } = await findJava(KAFKA, say)
  const folder = `kafka-${KAFKA.version}-${await recipeOf(KAFKA.pom)}`
  const home = await cached(join(cacheFolder(process.env), folder), async (unfinished) => {
    await fetchJars(KAFKA, unfinished, say)
    await format(java, (await jarsOf(unfinished)).join(':'), unfinished)
  })
  const jars = await jarsOf(home)
  // A class archive fits one Java build and one class path; Java ignores it silently when either differs.
  const names = jars.map((jar) => basename(jar)).join()
  const key = createHash('sha256').update(java).update(build).update(names).digest('hex').slice(0, 12)
  return {
    java,
    classPath: jars.join(':'),
    formatted: join(home, 'data'),
    archive: join(home, `classes-${key}.jsa`),
  }
}

/**
 * Makes the class archive that halves Kafka's start, by one throw-away run in the background at low priority.
 * `run` starts a broker with the extra JVM flag given, and ends it by SIGTERM.
 */
export const makeClassArchive = async (runtime: KafkaRuntime, run: (flag: string) => Promise<void>): Promise<void> => {
  if (existsSync(runtime.archive)) return
  await withLock(`${runtime.archive}.lock`, async () => {
    if (existsSync(runtime.archive)) return
    const unfinished = `${runtime.archive}.${process.pid}`
    try {
      await run(`-XX:ArchiveClassesAtExit=${unfinished}`)
      await rename(unfinished, runtime.archive)
    } finally {
      await rm(unfinished, { force: true })
    }
  })
}

/** Fills an empty data folder with a formatted one, so that no start but the very first pays for the format tool. */
export const prepareData = async (runtime: KafkaRuntime, dataDir: string): Promise<void> => {
  if (existsSync(join(dataDir, 'meta.properties'))) return
  await mkdir(dataDir, { recursive: true })
  // meta.properties last: it is what marks the folder as complete.
  for (const file of ['bootstrap.checkpoint', 'meta.properties']) {
    await copyFile(join(runtime.formatted, file), join(dataDir, file))
  }
}
