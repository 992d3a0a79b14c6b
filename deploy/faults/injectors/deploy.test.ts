import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { overrideFile, readOverrides } from '../../local/overrides.ts'
import { freePort } from '../../local/ports.ts'
import { readSettings } from '../../local/settings.ts'
import { Supervisor } from '../../local/supervisor.ts'
import { temporaryHome } from '../../local/temporary-home.ts'
import { inject } from '../inject.ts'
import { versionOf } from '../management.ts'
import { targetOf } from '../target.ts'
import { versioned } from './versioned-fixture.ts'

test('a service comes back as another version with a flag set, and the repair brings the old one back', async () => {
  await using stack = new AsyncDisposableStack()
  const { path: home } = stack.use(await temporaryHome())
  const port = await freePort()
  const supervisor = new Supervisor({ home, say: () => {} })
  stack.defer(() => supervisor.down())
  await supervisor.up([versioned(home, 'posts', port)])
  const target = targetOf({ ...readSettings({}), home })
  const there = { ...target, management: { ...target.management, posts: `http://127.0.0.1:${port}` } }

  const injection = { by: 'deploy', service: 'posts', version: '2.0.0', flag: 'http-error', variant: 'some' } as const
  const { repair } = await inject({ name: 'bad', injection }, there)
  assert.equal(await versionOf(there, 'posts'), '2.0.0')
  const { FAULTS, FAULTS_FILE = '' } = readOverrides(overrideFile(home, 'posts'))
  assert.equal(FAULTS, 'on')
  const { flags } = JSON.parse(readFileSync(FAULTS_FILE, 'utf8')) as {
    flags: Record<string, { defaultVariant: string }>
  }
  assert.deepEqual([flags['http-error']?.defaultVariant, flags['http-delay']?.defaultVariant], ['some', 'off'])

  await repair()
  assert.equal(await versionOf(there, 'posts'), '1.0.0')
  assert.deepEqual(readOverrides(overrideFile(home, 'posts')), {})
})
