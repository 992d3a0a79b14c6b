import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { Failure, toolFailure } from '../failure.ts'
import { requireProgram } from '../programs.ts'
import type { Say } from '../progress.ts'

/** A server that comes as jars from Maven Central: how it is called in progress lines, and what it is made of. */
export type JavaServer = { part: string; title: string; version: string; megabytes: number; pom: URL }

/** Java 17 or newer; `build` tells one Java machine from another. */
export const findJava = async ({ part, title }: JavaServer, say: Say): Promise<{ java: string; build: string }> => {
  const home = process.env['JAVA_HOME'] ? join(process.env['JAVA_HOME'], 'bin/java') : undefined
  const needed = { programs: ['java'], packages: ['default-jre-headless'], purpose: `Java 17 or newer (for ${title})` }
  const java = home !== undefined && existsSync(home) ? home : await requireProgram(needed, say, part)
  const { all } = await execa(java, ['-version'], { all: true, reject: false })
  const version = /version "(\d+)/.exec(all ?? '')?.[1]
  if (version === undefined || Number(version) < 17) {
    const found = version === undefined ? 'does not run' : `is version ${version}`
    throw new Failure(
      `${title} needs Java 17 or newer, but ${java} ${found}: run "sudo apt-get install -y openjdk-17-jre-headless".`,
    )
  }
  return { java, build: all ?? '' }
}

/** Puts the jars into `<folder>/libs`. */
export const fetchJars = async (server: JavaServer, folder: string, say: Say): Promise<void> => {
  const { part, title, version, megabytes, pom } = server
  const needed = { programs: ['mvn'], packages: ['maven'], purpose: `Maven (it fetches ${title})` }
  const maven = await requireProgram(needed, say, part)
  say(part, `fetching ${title} ${version} (${megabytes} MB, Maven)`)
  await copyFile(pom, join(folder, 'pom.xml'))
  const result = await execa(maven, ['-B', '-q', '-ntp', 'dependency:copy-dependencies'], {
    cwd: folder,
    reject: false,
    all: true,
    timeout: 300_000,
  })
  if (result.failed) throw toolFailure(`Fetching ${title} (Maven)`, result.all)
}

/** The jars of a folder one by one, always in the same order: a class archive fits one class path only. */
export const jarsOf = async (folder: string): Promise<string[]> =>
  (await readdir(join(folder, 'libs'))).toSorted().map((jar) => join(folder, 'libs', jar))

/** Names a version of what is made from these files. */
export const recipeOf = async (...files: readonly URL[]): Promise<string> => {
  const hash = createHash('sha256')
  for (const file of files) hash.update(await readFile(file))
  return hash.digest('hex').slice(0, 8)
}
