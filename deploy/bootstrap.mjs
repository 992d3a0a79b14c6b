// `npm start|test|stop|status|logs` begin here: plain JavaScript for Node 18 and newer, before anything is installed.
// It gets Node 24 and the dependencies, then hands over to deploy/local/<verb>.ts; `exec <command> …` runs any command
// with both on PATH.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { constants as osConstants, homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NODE_VERSION = '24.21.0'
const OLDEST = [24, 12]
const VERBS = ['start', 'test', 'stop', 'status', 'logs']
const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const started = Date.now()

class Failure extends Error {}

const say = (part, message) => {
  const seconds = `[${((Date.now() - started) / 1000).toFixed(1)} s]`
  process.stderr.write(`${seconds.padStart(9)} ${part.padEnd(21)} ${message}\n`)
}

const isRoot = process.getuid?.() === 0

const cacheFolder = () => {
  if (process.env.PHAROS_CACHE) return process.env.PHAROS_CACHE
  // The servers that refuse to run as root must be able to walk into it, and /root is closed to them.
  if (isRoot) return '/var/cache/pharos'
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'pharos')
}

const findProgram = (name) =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK)
        return true
      } catch {
        return false
      }
    })

// The machine's own npm: the one that runs us, or the first on PATH.
const findNpm = () => {
  const running = process.env.npm_execpath
  if (running && /npm-cli\.c?js$/.test(running) && existsSync(running)) return running
  const found = findProgram('npm')
  if (!found)
    throw new Failure('npm is missing: install Node.js with npm (18 or newer), then run the same command again.')
  return realpathSync(found)
}

const explain = (output) => {
  if (/ENOSPC|no space left/i.test(output)) return 'the disk is full: free about 1 GB'
  if (/E404|404 Not Found|ETARGET|notarget/i.test(output))
    return 'the registry does not have a package: check the npm registry setting'
  if (/EUSAGE/.test(output))
    return 'package.json and package-lock.json do not fit each other: "npm install" mends the second'
  if (/EINTEGRITY/i.test(output)) return 'a download arrived damaged'
  if (/ENOTFOUND|EAI_AGAIN/i.test(output))
    return 'the registry could not be found: check the network, proxy and npm registry settings'
  if (/ECONNREFUSED|ECONNRESET|ETIMEDOUT|EIDLETIMEOUT|socket hang up/i.test(output)) {
    return 'the registry refused or broke off: check the network, proxy and npm registry settings'
  }
  if (/EACCES|EPERM|EROFS/.test(output)) return 'a folder may not be written: check its owner'
  const lines = output.split('\n').map((line) => line.replace(/^npm (ERR!|error)\s*/i, '').trim())
  return lines.find((line) => line !== '' && !/^npm (warn|notice)/i.test(line)) ?? 'npm said nothing'
}

const npm = (node, args, cwd, what) => {
  const file = findNpm()
  const [command, first] = /\.c?js$/.test(file) ? [node, [file]] : [file, []]
  const result = spawnSync(
    command,
    [...first, ...args, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 64 * 1024 * 1024,
      env: { ...process.env, PATH: [dirname(node), process.env.PATH].join(delimiter) },
    },
  )
  if (result.signal) throw new Failure(`${what} was interrupted (${result.signal}).`)
  if (result.status === 0) return
  const output = `${result.stderr ?? ''}\n${result.stdout ?? ''}\n${result.error?.message ?? ''}`
  throw new Failure(`${what} failed: ${explain(output)}. Then run the same command again.`)
}

const isNewEnough = (version) => {
  const [major, minor] = version.split('.').map(Number)
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])
}

const findNode = () => {
  if (isNewEnough(process.versions.node)) return process.execPath
  const name = `node-${process.platform}-${process.arch}`
  const folder = join(cacheFolder(), `${name}-${NODE_VERSION}`)
  const node = join(folder, 'node_modules', name, 'bin', 'node')
  if (existsSync(node)) return node
  say('node', `this is Node ${process.versions.node}; fetching Node ${NODE_VERSION} (npm)`)
  const unfinished = `${folder}.${process.pid}`
  try {
    mkdirSync(unfinished, { recursive: true })
    writeFileSync(join(unfinished, 'package.json'), '{"private":true}\n')
    npm(
      process.execPath,
      ['install', '--no-package-lock', `${name}@${NODE_VERSION}`],
      unfinished,
      `Fetching Node ${NODE_VERSION}`,
    )
    if (spawnSync(join(unfinished, 'node_modules', name, 'bin', 'node'), ['--version']).status !== 0) {
      throw new Failure(
        `The fetched Node ${NODE_VERSION} does not run on this machine: install Node 24 yourself and run again.`,
      )
    }
    if (!existsSync(folder)) renameSync(unfinished, folder)
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
  }
  return node
}

const readJson = (file) => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

// Someone may have run `npm ci` himself: npm keeps what it installed in a lockfile of its own.
const isInstalled = (lock) => {
  const installed = readJson(join(ROOT, 'node_modules', '.package-lock.json'))?.packages
  if (!installed) return false
  return Object.entries(lock.packages).every(
    ([path, { version, link, optional, devOptional }]) =>
      !path.includes('node_modules/') || link || optional || devOptional || installed[path]?.version === version,
  )
}

const installDependencies = (node) => {
  const text = readFileSync(join(ROOT, 'package-lock.json'), 'utf8')
  const stamp = createHash('sha256').update(`${text}${process.platform}-${process.arch}`).digest('hex')
  const file = join(ROOT, 'node_modules', '.pharos-stamp')
  if (existsSync(file) && readFileSync(file, 'utf8') === stamp) return
  if (!isInstalled(JSON.parse(text))) {
    say('dependencies', 'installing (npm ci)')
    npm(node, ['ci', '--include=dev', '--include=optional'], ROOT, 'Installing the dependencies (npm ci)')
    say('dependencies', 'installed')
  }
  writeFileSync(file, stamp)
}

const handOver = (node, command) => {
  const setpriv = process.platform === 'linux' ? findProgram('setpriv') : undefined
  // So that the supervisor also ends, in order, when only this process is killed.
  const guard = setpriv ? [setpriv, '--pdeathsig', 'TERM', '--'] : []
  const [file, ...args] = [...guard, ...command]
  const env = {
    ...process.env,
    PHAROS_BEGAN: String(started),
    PHAROS_CACHE: cacheFolder(),
    PATH: [dirname(node), join(ROOT, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
  }
  const child = spawn(file, args, { cwd: ROOT, stdio: 'inherit', env })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // Ctrl-C in a terminal reaches the whole group by itself; a second one would mean "at once".
    process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)))
  }
  child.on('error', (error) => fail(error))
  child.on('exit', (code, signal) => process.exit(code ?? 128 + osConstants.signals[signal]))
}

const fail = (error) => {
  const full =
    error.code === 'ENOSPC' ? 'The disk is full: free about 1 GB, then run the same command again.' : undefined
  const denied = ['EACCES', 'EROFS'].includes(error.code)
    ? `${error.path ?? 'A folder'} may not be written: check its owner, or set PHAROS_CACHE to a folder of yours.`
    : undefined
  process.stderr.write(`✖ ${full ?? denied ?? (error instanceof Failure ? error.message : error.stack)}\n`)
  process.exit(1)
}

try {
  const [verb = '', ...args] = process.argv.slice(2)
  const script = join(ROOT, 'deploy', 'local', `${verb}.ts`)
  if (verb === 'exec' ? args.length === 0 : !VERBS.includes(verb)) {
    throw new Failure('Usage: npm start | npm test | npm run stop | npm run status | npm run logs')
  }
  if (!existsSync(join(ROOT, 'package-lock.json')))
    throw new Failure('package-lock.json is missing: run this in a whole checkout.')
  const node = findNode()
  installDependencies(node)
  handOver(node, verb === 'exec' ? args : [node, '--disable-warning=ExperimentalWarning', script, ...args])
} catch (error) {
  fail(error)
}
