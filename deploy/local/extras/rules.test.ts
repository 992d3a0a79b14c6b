import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { layRules, rulesFolder } from './rules.ts'

test('the folder of a run has the fast rules, and is gone when the real ones are in force', async () => {
  const home = await mkdtemp(join(tmpdir(), 'pharos-rules-'))
  try {
    const fast = { home, rules: 'fast' } as const
    await layRules(fast, 'prometheus')
    await layRules(fast, 'loki')
    assert.ok(readdirSync(join(home, 'run/rules/prometheus')).includes('slo.yml'))
    assert.deepEqual(readdirSync(join(home, 'run/rules/loki/fake')), ['logs.yml'])

    const stale = join(rulesFolder(fast, 'prometheus') ?? '', 'gone.yml')
    await writeFile(stale, 'groups: []\n')
    await layRules(fast, 'prometheus')
    assert.equal(existsSync(stale), false)

    const real = { home, rules: 'real' } as const
    await layRules(real, 'prometheus')
    assert.equal(existsSync(join(home, 'run/rules')), false)
    assert.equal(rulesFolder(real, 'prometheus'), undefined)
  } finally {
    await rm(home, { recursive: true, force: true })
  }
})
