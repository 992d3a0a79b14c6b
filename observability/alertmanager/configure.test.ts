import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import { alertmanagerConfig } from './configure.ts'

const run = promisify(execFile)
const main = fileURLToPath(new URL('main.ts', import.meta.url))
const base = await readFile(new URL('alertmanager.yml', import.meta.url), 'utf8')

const SLACK = 'https://hooks.example.org/services/T0/B0/slack-secret'
const KEY = '0123456789abcdef0123456789ABCDEF'
const mail = {
  ALERT_EMAIL_TO: 'on-call@example.org, second@example.org',
  ALERT_SMTP_HOST: 'mail.example.org:587',
  ALERT_SMTP_FROM: 'pharos@example.org',
}
const everything = {
  ...mail,
  ALERT_WEBHOOK_URL: 'http://127.0.0.1:19095/alerts',
  ALERT_SLACK_WEBHOOK_URL: SLACK,
  ALERT_PAGERDUTY_ROUTING_KEY: KEY,
  ALERT_SMTP_USERNAME: 'pharos',
  ALERT_SMTP_PASSWORD: 'smtp-secret',
}

type Receivers = Record<string, Record<string, Record<string, unknown>[]>>

const receiversOf = (config: string): Receivers => {
  const { receivers } = parse(config) as { receivers: ({ name: string } & Receivers[string])[] }
  return Object.fromEntries(receivers.map(({ name, ...ways }) => [name, ways as Receivers[string]]))
}

const waysOf = (config: string) =>
  Object.fromEntries(Object.entries(receiversOf(config)).map(([name, ways]) => [name, Object.keys(ways).toSorted()]))

test('without a variable everything goes to the on-call receiver, and nobody gets mail', () => {
  const config = alertmanagerConfig(base, { ALERT_SLACK_WEBHOOK_URL: '', PATH: '/bin' })
  const { templates: _, ...rest } = parse(config) as Record<string, unknown>
  const { templates: __, ...given } = parse(base) as Record<string, unknown>
  assert.deepEqual(rest, given)
})

test('each variable adds its way where it belongs: pages to all, tickets to chat and mail, the rest to neither', () => {
  assert.deepEqual(waysOf(alertmanagerConfig(base, everything)), {
    page: ['email_configs', 'pagerduty_configs', 'slack_configs', 'webhook_configs'],
    ticket: ['slack_configs', 'webhook_configs'],
    mail: ['email_configs'],
    log: ['webhook_configs'],
    watchdog: ['webhook_configs'],
  })
})

test('the webhook of the environment takes the place of the usual one, everywhere', () => {
  const ways = Object.values(receiversOf(alertmanagerConfig(base, everything)))
  const addresses = ways.flatMap(({ webhook_configs: webhooks = [] }) => webhooks.map(({ url }) => url))
  assert.deepEqual(
    addresses,
    Array.from({ length: 4 }, () => everything.ALERT_WEBHOOK_URL),
  )
})

test('mail is sent by the given server, with a login only where there is one', () => {
  const globalOf = (env: Record<string, string>) => (parse(alertmanagerConfig(base, env)) as { global: unknown }).global
  assert.deepEqual(globalOf(mail), { smtp_smarthost: 'mail.example.org:587', smtp_from: 'pharos@example.org' })
  assert.deepEqual(globalOf(everything), {
    smtp_smarthost: 'mail.example.org:587',
    smtp_from: 'pharos@example.org',
    smtp_auth_username: 'pharos',
    smtp_auth_password: 'smtp-secret',
  })
})

const faults: [string, Record<string, string>, RegExp][] = [
  ['no address', { ALERT_WEBHOOK_URL: 'secret' }, /^ALERT_WEBHOOK_URL must be an address that begins with http/],
  ['no web address', { ALERT_SLACK_WEBHOOK_URL: 'ftp://secret' }, /^ALERT_SLACK_WEBHOOK_URL must be an address/],
  ['no key', { ALERT_PAGERDUTY_ROUTING_KEY: 'secret' }, /^ALERT_PAGERDUTY_ROUTING_KEY must be an integration key/],
  ['no addressee', { ...mail, ALERT_EMAIL_TO: 'secret' }, /^ALERT_EMAIL_TO must be an e-mail address/],
  ['mail without a server', { ...mail, ALERT_SMTP_HOST: '' }, /^ALERT_EMAIL_TO is set, but ALERT_SMTP_HOST is not/],
  ['mail without a sender', { ...mail, ALERT_SMTP_FROM: '' }, /^ALERT_EMAIL_TO is set, but ALERT_SMTP_FROM is not/],
  ['a server without a port', { ...mail, ALERT_SMTP_HOST: 'secret' }, /^ALERT_SMTP_HOST must be host:port/],
  ['a server and no addressee', { ALERT_SMTP_HOST: 'secret:1' }, /^ALERT_SMTP_HOST is set, but ALERT_EMAIL_TO is not/],
  ['a password alone', { ALERT_SMTP_PASSWORD: 'secret' }, /^ALERT_SMTP_PASSWORD is set, but ALERT_EMAIL_TO is not/],
  ['no password', { ...mail, ALERT_SMTP_USERNAME: 'secret' }, /^ALERT_SMTP_USERNAME is set, but ALERT_SMTP_PASSWORD/],
  ['no user', { ...mail, ALERT_SMTP_PASSWORD: 'secret' }, /^ALERT_SMTP_PASSWORD is set, but ALERT_SMTP_USERNAME/],
]
for (const [what, env, sentence] of faults) {
  test(`one sentence names the variable and not its value: ${what}`, () => {
    assert.throws(
      () => alertmanagerConfig(base, env),
      ({ message }: Error) => sentence.test(message) && message.endsWith('.') && !message.includes('secret'),
    )
  })
}

test('the command writes a file for its owner alone, says nothing of secrets, and leaves the file when it fails', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'alertmanager-'))
  try {
    const file = join(folder, 'alertmanager.yml')
    await writeFile(file, 'open to all', { mode: 0o644 })
    const PATH = process.env['PATH'] ?? ''
    const { stdout, stderr } = await run(process.execPath, [main, file], { env: { PATH, ...everything } })
    assert.equal(stdout + stderr, '')
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    const written = await readFile(file, 'utf8')
    assert.equal(written, alertmanagerConfig(base, everything))

    const failed = run(process.execPath, [main, file], { env: { PATH, ALERT_WEBHOOK_URL: 'secret' } })
    await assert.rejects(failed, { code: 1, stderr: /^✖ ALERT_WEBHOOK_URL must be an address .*\.\n$/ })
    await assert.rejects(run(process.execPath, [main], { env: { PATH } }), { code: 1, stderr: /^✖ Say which file/ })
    assert.equal(await readFile(file, 'utf8'), written)
  } finally {
    await rm(folder, { recursive: true })
  }
})
