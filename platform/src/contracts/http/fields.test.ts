import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { z } from 'zod'
import { bodyId, email, lenientInteger, pathId, queryInteger, queryTime, text, webUrl, WIRE_FAULT } from './fields.ts'

const accepts = (schema: z.ZodType, value: unknown): boolean => schema.safeParse(value).success
const isWireFault = (schema: z.ZodType, value: unknown): boolean =>
  schema
    .safeParse(value)
    .error?.issues.some((issue) => issue.code === 'custom' && issue.params?.['fault'] === WIRE_FAULT) ?? false

test('lengths are counted in code points at both ends', () => {
  const schema = text(2, 3)
  for (const value of ['ab', 'abc', '😀😀', '😀😀😀', 'é€']) assert.ok(accepts(schema, value), value)
  for (const value of ['', 'a', '😀', 'abcd', '😀😀😀😀']) assert.ok(!accepts(schema, value), value)
})

test('U+0000 and halves of characters are refused, also where they would not count as length', () => {
  for (const value of ['a\0', '\0', '\ud800', '\udc00', 'a\ud83d', '\ud800'.repeat(5_000), '\udc00\ud800']) {
    assert.ok(!accepts(text(0, 500), value), JSON.stringify(value.slice(0, 5)))
  }
})

test('an id in a path is an integer from 1 to 2^53 - 1; what is no integer at all is a fault of form', () => {
  assert.equal(pathId.parse('42'), 42)
  assert.equal(pathId.parse('9007199254740991'), Number.MAX_SAFE_INTEGER)
  for (const value of ['', 'abc', '1e3', '1.0', ' 1', '1 ', '0x1', '9007199254740992', '9'.repeat(400), '١']) {
    assert.ok(isWireFault(pathId, value), value)
  }
  for (const value of ['0', '-1', '-0']) assert.ok(!accepts(pathId, value) && !isWireFault(pathId, value), value)
})

test('an id in a body is a JSON integer from 1 to 2^53 - 1', () => {
  assert.equal(bodyId.parse(42), 42)
  for (const value of [1.5, 2 ** 53, -1.5]) assert.ok(isWireFault(bodyId, value), String(value))
  for (const value of [0, -1]) assert.ok(!accepts(bodyId, value) && !isWireFault(bodyId, value), String(value))
  for (const value of ['1', null, true]) assert.ok(!accepts(bodyId, value))
})

test('an e-mail address is one, with at most 254 characters', () => {
  for (const value of ['ada@example.org', 'a.b+c@sub.example.co', `${'x'.repeat(60)}@example.org`])
    assert.ok(accepts(email, value), value)
  for (const value of [
    '',
    ' ',
    'ada',
    '@example.org',
    'ada@',
    'a b@example.org',
    'ada@example.org\0',
    `ada@${'x.'.repeat(130)}org`,
  ]) {
    assert.ok(!accepts(email, value), value)
  }
})

test('a web address is absolute and http or https', () => {
  const schema = webUrl(64)
  for (const value of ['https://example.org/a.png', 'http://127.0.0.1:8080/x?y#z'])
    assert.ok(accepts(schema, value), value)
  for (const value of [
    '',
    'example.org',
    '//example.org',
    'javascript:alert(1)',
    'ftp://example.org',
    'data:,x',
    `https://e.org/${'x'.repeat(64)}`,
  ]) {
    assert.ok(!accepts(schema, value), value)
  }
})

test('a lenient page or limit falls back silently', () => {
  const schema = lenientInteger(10, 1, 100)
  for (const [given, used] of [
    ['1', 1],
    ['100', 100],
    ['0', 10],
    ['101', 10],
    ['-5', 10],
    ['x', 10],
    ['', 10],
    ['1.5', 10],
    ['1e1', 10],
    [undefined, 10],
  ] as const) {
    assert.equal(schema.parse(given), used, String(given))
  }
})

test('a strict integer of a query is within its bounds or refused, in its wire form or by its rule', () => {
  const schema = queryInteger(1, 100)
  for (const [given, used] of [
    ['1', 1],
    ['+7', 7],
    ['100', 100],
  ] as const)
    assert.equal(schema.parse(given), used)
  const faultOf = (given: unknown) => {
    const [issue] = schema.safeParse(given).error?.issues ?? []
    return issue?.code === 'custom' && issue.params?.['fault'] === WIRE_FAULT ? 'form' : issue && 'rule'
  }
  for (const given of ['', 'x', '1.5', '1e1', '0x1', ' 1', '9007199254740993'])
    assert.equal(faultOf(given), 'form', given)
  for (const given of ['0', '-1', '101']) assert.equal(faultOf(given), 'rule', given)
  assert.equal(schema.safeParse(['1', '2']).success, false)
})

test('a time of a query is RFC 3339 with its offset', () => {
  for (const given of ['2026-01-01T12:00:00Z', '2026-01-01T13:00:00.000+01:00'])
    assert.equal(queryTime.parse(given).toISOString(), '2026-01-01T12:00:00.000Z')
  for (const given of ['', 'yesterday', '2026-01-01', '2026-01-01T12:00:00', '2026-02-30T12:00:00Z', '1767268800'])
    assert.ok(!accepts(queryTime, given), given)
})

test('a pathological address takes no time worth mentioning to refuse', () => {
  const started = performance.now()
  accepts(email, `${'a.'.repeat(100_000)}@`)
  accepts(email, `${'a'.repeat(100_000)}@${'a-'.repeat(50_000)}`)
  assert.ok(performance.now() - started < 1_000)
})
