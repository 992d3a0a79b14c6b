import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { execa } from 'execa'
import { goBinaryPath, type GoProgram } from '../go-build.ts'
import { findProgram } from '../programs.ts'
import { LOKI, lokiConfiguration } from './loki.ts'
import { TEMPO, tempoConfiguration } from './tempo.ts'

const programOf = (program: GoProgram): string => findProgram(program.name) ?? goBinaryPath(program)
const missing = (program: GoProgram): string | false =>
  !existsSync(programOf(program)) && `${program.title} has not been built here: "npm run ops" builds it, once`

const place = { dataDir: '/nowhere', port: 3100, grpcPort: 9096 }
const links = { alertmanager: 'http://a', grafana: 'http://g', runbooks: 'http://r' }

test(
  'Loki takes its configuration, and refuses one with a field that it does not know',
  { skip: missing(LOKI) },
  async () => {
    const { args, env } = lokiConfiguration({ ...place, links })
    const verify = (...more: string[]) =>
      execa(programOf(LOKI), [...args, '-verify-config=true', ...more], { env, reject: false, all: true })
    const good = await verify()
    assert.equal(good.exitCode, 0, good.all)
    const bad = await verify('-validation.allow-structured-metadata=perhaps')
    assert.notEqual(bad.exitCode, 0)
  },
)

test(
  'Tempo takes its configuration, and refuses one with a value that it cannot use',
  { skip: missing(TEMPO) },
  async () => {
    const { args, env } = tempoConfiguration({ ...place, otlpPort: 4319 })
    const verify = (more: Record<string, string> = {}) =>
      execa(programOf(TEMPO), [...args, '-config.verify=true'], { env: { ...env, ...more }, reject: false, all: true })
    const good = await verify()
    assert.equal(good.exitCode, 0, good.all)
    const bad = await verify({ TEMPO_RETENTION: 'a while' })
    assert.notEqual(bad.exitCode, 0)
  },
)
