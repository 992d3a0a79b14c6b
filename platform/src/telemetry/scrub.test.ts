import assert from 'node:assert/strict'
import { test } from 'node:test'
import { redact, safePath, scrub } from './scrub.ts'

const JWT = 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiI0MiJ9.c2ln-bmF0_dXJl'

test('e-mail addresses, tokens and passwords of URLs are taken out of free text', () => {
  const cases = [
    ['key (email)=(ada.l+x@example.co.uk) already exists', /ada|example/],
    [`verify ${JWT} failed`, /eyJ|c2ln/],
    ['got Bearer phr_abcDEF-123', /phr_/],
    ['got bearer phr_abcDEF-123', /phr_/],
    ['connect postgres://users:hunter22@127.0.0.1:5432/users', /hunter22/],
    ['connect redis://:hunter22@127.0.0.1:6379', /hunter22/],
    ['<mailto:ada@example.org>', /ada/],
  ] as const
  for (const [text, leak] of cases) {
    assert.doesNotMatch(scrub(text), leak)
    assert.match(scrub(text), /\[redacted\]/)
  }
})

test('text without secrets stays as it is', () => {
  const plain = 'user 42 read /api/v1/users/42 in 3 ms @ 12:00; see http://127.0.0.1:8080/swagger'
  assert.equal(scrub(plain), plain)
})

test('masking a long hostile text takes no time worth mentioning', () => {
  const started = performance.now()
  scrub(`${'a@'.repeat(20_000)} ${'eyJ'.repeat(20_000)} ${'a.'.repeat(20_000)} ${'x://y'.repeat(10_000)}`)
  assert.ok(performance.now() - started < 1_000)
})

test('fields named like secrets are dropped at any depth, others stay', () => {
  const fields = {
    'event.action': 'login',
    password: 'hunter22',
    'http.request.header.Authorization': 'hunter22',
    nested: [{ refresh_token: 'hunter22', kept: 1 }, { deep: { Set_Cookie: 'hunter22', clientSecret: 'hunter22' } }],
    userEmail: 'hunter22',
    when: new Date(0),
  }
  const redacted = redact(fields)
  assert.doesNotMatch(JSON.stringify(redacted), /hunter22/)
  assert.deepEqual(redacted, { 'event.action': 'login', nested: [{ kept: 1 }, { deep: {} }], when: new Date(0) })
})

test('what lies deeper than anybody looks is left out, not let through', () => {
  let deep: unknown = { password: 'hunter22' }
  for (let level = 0; level < 20; level += 1) deep = { level, deep }
  assert.doesNotMatch(JSON.stringify(redact(deep)), /hunter22/)
})

test('a value that refers to itself can be redacted and serialised', () => {
  const loop: Record<string, unknown> = { name: 'loop' }
  loop['self'] = loop
  assert.match(JSON.stringify(redact(loop)), /"name":"loop"/)
})

test('texts inside of fields lose addresses, tokens and URL passwords too', () => {
  const redacted = redact({ 'db.url': 'postgres://u:hunter22@db/users', list: [`token ${JWT}`], to: 'ada@example.org' })
  assert.doesNotMatch(JSON.stringify(redacted), /hunter22|eyJ|ada@/)
})

test('a path segment that holds an e-mail address is masked, however it is written', () => {
  assert.equal(safePath('/api/v1/users/email/ada@example.org'), '/api/v1/users/email/[redacted]')
  assert.equal(safePath('/api/v1/users/email/ada%40example.org/x'), '/api/v1/users/email/[redacted]/x')
  assert.equal(safePath('/api/v1/users/42'), '/api/v1/users/42')
})
