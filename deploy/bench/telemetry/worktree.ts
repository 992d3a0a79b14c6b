import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, readlink, symlink } from 'node:fs/promises'
import { basename, join, relative, resolve } from 'node:path'
import { execa, execaSync } from 'execa'
import { Failure, toolFailure } from '../../local/failure.ts'
import type { Say } from '../../local/progress.ts'
import { SERVICE_NAMES } from '../../local/services.ts'
import { temporaryHome } from '../../local/temporary-home.ts'

/** Another commit of a checkout, in a folder of its own that is gone when it is disposed of. */
export type Worktree = AsyncDisposable & { root: string; commit: string }

const LOCK = 'package-lock.json'
/** No other worktree is called so. */
const FOLDER = 'pharos-bench-commit'

const commitOf = (root: string, name: string): string => {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`]
  const git = execaSync('git', args, { cwd: root, reject: false })
  if (git.failed) {
    throw new Failure(`"${name}" is no commit that this checkout has: name another, or fetch more of the history.`)
  }
  return git.stdout.trim()
}

/** A run that was killed leaves an entry behind whose folder `temporaryHome` has removed. */
const forgetAbandoned = (root: string): void => {
  const { stdout } = execaSync('git', ['worktree', 'list', '--porcelain'], { cwd: root })
  for (const [, path = ''] of stdout.matchAll(/^worktree (.+)$/gm)) {
    if (basename(path) === FOLDER && !existsSync(path)) removeNow(root, path)
  }
}

const removeNow = (root: string, path: string): void =>
  void execaSync('git', ['worktree', 'remove', '--force', path], { cwd: root, reject: false })

/**
 * Fills `to` with links to what is installed in `from`. Links to workspaces are made anew, so that each commit's services
 * find that commit's platform: one link to the whole folder would give them this checkout's.
 */
const linkInstalled = async (from: string, to: string): Promise<void> => {
  await mkdir(to, { recursive: true })
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (entry.name.startsWith('.')) continue
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isSymbolicLink()) await symlink(relative(from, resolve(from, await readlink(source))), target)
    else if (entry.name.startsWith('@')) await linkInstalled(source, target)
    else await symlink(source, target)
  }
}

/** True when what is installed for one checkout serves the other: the same lockfile, with nothing inside of a workspace. */
export const sameInstallation = (one: string, other: string): boolean =>
  one === other && !/"(?:platform|services\/[^/"]+)\/node_modules\//.test(one)

const npmCi = async (root: string, stop: AbortSignal): Promise<void> => {
  const workspaces = ['platform', ...SERVICE_NAMES.map((name) => `services/${name}`)].flatMap((path) => ['-w', path])
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const npm = await execa('npm', ['ci', '--omit=dev', ...workspaces, ...quiet], {
    cwd: root,
    all: true,
    reject: false,
    cancelSignal: stop,
  })
  stop.throwIfAborted()
  if (npm.failed) throw toolFailure('Installing the dependencies of the other commit (npm ci)', npm.all)
}

/** Lays out a commit of the checkout at `root` with its dependencies; throws a Failure when that cannot be done. */
export const openWorktree = async (
  root: string,
  name: string,
  o: { say: Say; stop: AbortSignal },
): Promise<Worktree> => {
  const commit = commitOf(root, name)
  await using stack = new AsyncDisposableStack()
  const home = stack.use(await temporaryHome())
  forgetAbandoned(root)
  const folder = join(home.path, FOLDER)
  const remove = (): void => removeNow(root, folder)
  // Also when a second Ctrl-C ends everything at once.
  process.once('exit', remove)
  stack.defer(() => {
    process.off('exit', remove)
    remove()
  })
  const git = await execa('git', ['worktree', 'add', '--detach', '--quiet', folder, commit], {
    cwd: root,
    all: true,
    reject: false,
  })
  if (git.failed) throw toolFailure(`Laying out ${name} (git worktree add)`, git.all)
  const [own, other] = await Promise.all([root, folder].map((place) => readFile(join(place, LOCK), 'utf8')))
  if (sameInstallation(own ?? '', other ?? '')) {
    await linkInstalled(join(root, 'node_modules'), join(folder, 'node_modules'))
    o.say(name, `${commit.slice(0, 12)} is laid out, with the dependencies of this checkout`)
  } else {
    o.say(name, `${commit.slice(0, 12)} has other dependencies: installing them (npm ci)`)
    await npmCi(folder, o.stop)
  }
  const held = stack.move()
  return { root: folder, commit: commit.slice(0, 12), [Symbol.asyncDispose]: () => held.disposeAsync() }
}
