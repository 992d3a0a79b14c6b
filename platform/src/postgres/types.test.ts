import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTimestamp } from './types.ts'

test('a time of a session in UTC is read to the millisecond, and any other as pg reads it', () => {
  const cases: Record<string, string> = {
    '2026-11-24 16:20:13+00': '2026-11-24T16:20:13.000Z',
    '2026-11-24 16:20:13.5+00': '2026-11-24T16:20:13.500Z',
    '2026-11-24 16:20:13.123987+00': '2026-11-24T16:20:13.123Z',
    '0044-03-15 12:00:00+00': '0044-03-15T12:00:00.000Z',
    '2026-11-24 16:20:13+05': '2026-11-24T11:20:13.000Z',
    '2026-11-24 16:20:13+05:30': '2026-11-24T10:50:13.000Z',
    '0044-03-15 12:00:00+00 BC': '-000043-03-15T12:00:00.000Z',
    '12026-11-24 16:20:13+00': '+012026-11-24T16:20:13.000Z',
  }
  for (const [text, time] of Object.entries(cases)) assert.equal(parseTimestamp(text).toISOString(), time, text)
  assert.equal(parseTimestamp('infinity'), Infinity)
})
