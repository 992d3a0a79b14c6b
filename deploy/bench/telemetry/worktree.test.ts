import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { execa } from 'execa'
import { silent } from '../../local/progress.ts'
import { temporaryHome } from '../../local/temporary-home.ts'
import { openWorktree, sameInstallation } from './worktree.ts'

const write = async (file: string, text: string): Promise<void> => {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
}

const print = `import { version } from '@pharos/platform'\nimport { name } from 'dependency'\nconsole.log(version, name)\n`

/** A repository of two commits whose platforms say which they are, installed as npm installs workspaces. */
const repository = async (root: string): Promise<void> => {
  const git = (...args: string[]) =>
    execa('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: root })
  const manifest = (name: string): string => JSON.stringify({ name, type: 'module', exports: './index.js' })
  await git('init', '--quiet')
  await write(join(root, '.gitignore'), 'node_modules\n')
  await write(join(root, 'package-lock.json'), '{}\n')
  await write(join(root, 'platform/package.json'), manifest('@pharos/platform'))
  await write(join(root, 'services/users/main.mjs'), print)
  for (const version of ['first', 'second']) {
    await write(join(root, 'platform/index.js'), `export const version = '${version}'\n`)
    await git('add', '.')
    await git('commit', '--quiet', '--message', version)
  }
  await write(join(root, 'node_modules/dependency/package.json'), manifest('dependency'))
  await write(join(root, 'node_modules/dependency/index.js'), "export const name = 'shared'\n")
  await mkdir(join(root, 'node_modules/@pharos'))
  await symlink('../../platform', join(root, 'node_modules/@pharos/platform'))
}

const said = async (root: string): Promise<string> =>
  (await execa(process.execPath, [join(root, 'services/users/main.mjs')])).stdout
const worktrees = async (root: string): Promise<number> =>
  (await execa('git', ['worktree', 'list'], { cwd: root })).stdout.split('\n').length

describe('another commit beside the checkout', () => {
  const o = { say: silent, stop: new AbortController().signal }

  test('runs its own platform with the dependencies of the checkout, and is gone afterwards', async () => {
    await using home = await temporaryHome()
    const root = join(home.path, 'checkout')
    await mkdir(root)
    await repository(root)
    let place = ''
    {
      await using other = await openWorktree(root, 'HEAD^', o)
      place = other.root
      assert.equal(await said(other.root), 'first shared')
      assert.equal(await said(root), 'second shared')
      assert.equal(await worktrees(root), 2)
    }
    assert.equal(existsSync(place), false)
    assert.equal(await worktrees(root), 1)
    assert.match(await readFile(join(root, 'node_modules/dependency/index.js'), 'utf8'), /shared/)
  })

  test('that a killed run has left is forgotten by the next', async () => {
    await using home = await temporaryHome()
    const root = join(home.path, 'checkout')
    await mkdir(root)
    await repository(root)
    const left = join(home.path, 'pharos-bench-commit')
    await execa('git', ['worktree', 'add', '--detach', left, 'HEAD^'], { cwd: root })
    await rm(left, { recursive: true })
    await using other = await openWorktree(root, 'HEAD^', o)
    assert.equal(await said(other.root), 'first shared')
    assert.equal(await worktrees(root), 2)
  })

  test('must be a commit', async () => {
    await using home = await temporaryHome()
    const root = join(home.path, 'checkout')
    await mkdir(root)
    await repository(root)
    await assert.rejects(openWorktree(root, 'nowhere', o), /^Failure: "nowhere" is no commit/)
    await assert.rejects(openWorktree(root, '--all', o), /^Failure: "--all" is no commit/)
    assert.equal(await worktrees(root), 1)
  })
})

test('an installation serves another lockfile only when it is the same, and nothing lies inside of a workspace', () => {
  assert.equal(sameInstallation('{"node_modules/a": 1}', '{"node_modules/a": 1}'), true)
  assert.equal(sameInstallation('{"node_modules/a": 1}', '{"node_modules/a": 2}'), false)
  const nested = '{"services/users/node_modules/a": 1}'
  assert.equal(sameInstallation(nested, nested), false)
})
