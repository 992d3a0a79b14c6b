import { accessSync, constants, existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { execa } from 'execa'
import { withLock } from './cache.ts'
import { Failure, toolFailure } from './failure.ts'
import type { Say } from './progress.ts'

const PATHS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

export const isRoot = (): boolean => process.getuid?.() === 0

/** The full path of a program on PATH or in the usual system folders. */
export const findProgram = (name: string): string | undefined =>
  [...(process.env['PATH'] ?? '').split(delimiter), ...PATHS]
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK)
        return true
      } catch {
        return false
      }
    })

// Debian starts a server right after installing it; the exit code 101 of this file is its documented way to say no.
const POLICY = '/usr/sbin/policy-rc.d'

const withoutServiceStart = async (install: () => Promise<void>): Promise<void> => {
  const ours = !existsSync(POLICY)
  if (ours) await writeFile(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    await install()
  } finally {
    if (ours) await rm(POLICY, { force: true })
  }
}

// Not to be broken off by Ctrl-C or by our end: half an installation is worse than a late one.
const aptGet = (args: readonly string[]) =>
  execa('apt-get', ['-q', '-y', '-o', 'DPkg::Lock::Timeout=120', ...args], {
    env: { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    reject: false,
    all: true,
    detached: true,
    cleanup: false,
  })

const install = async (packages: readonly string[]): Promise<void> => {
  const args = ['install', '--no-install-recommends', ...packages]
  let result = await aptGet(args)
  if (result.failed) {
    await aptGet(['update'])
    result = await aptGet(args)
  }
  if (result.failed) throw toolFailure(`Installing ${packages.join(' ')} (apt-get)`, result.all)
  // Where systemd runs, the server must not come up by itself at the next boot either and take our port.
  if (existsSync('/run/systemd/system')) await execa('systemctl', ['disable', ...packages], { reject: false })
}

export type Requirement = {
  /** Any of these programs will do. */
  programs: readonly string[]
  packages: readonly string[]
  purpose: string
}

/** Finds a program; installs its Debian package when the user is root, else throws a Failure with the command to run. */
export const requireProgram = async (needed: Requirement, say: Say, part: string): Promise<string> => {
  const find = (): string | undefined => needed.programs.map(findProgram).find((file) => file !== undefined)
  const found = find()
  if (found !== undefined) return found
  const packages = needed.packages.join(' ')
  if (!isRoot() || findProgram('apt-get') === undefined) {
    throw new Failure(`${needed.purpose} is missing: run "sudo apt-get install -y ${packages}", then start again.`)
  }
  say(part, `installing ${packages} (apt-get)`)
  await withLock('/var/cache/pharos/apt.lock', async () => {
    if (find() === undefined) await withoutServiceStart(() => install(needed.packages))
  })
  const installed = find()
  if (installed === undefined) throw new Failure(`${packages} was installed, but holds no ${needed.programs[0]}.`)
  return installed
}
