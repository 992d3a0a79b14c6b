import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSeedOptions, parseTrafficOptions } from './options.ts'

const URL_HERE = 'http://127.0.0.1:8080'

test('without options there is a seed for a demo and traffic for five minutes', () => {
  assert.deepEqual(parseSeedOptions([], URL_HERE), {
    users: 1000,
    postsPerUser: 4,
    followsPerUser: 10,
    seed: 42,
    url: URL_HERE,
  })
  const traffic = { rate: 20, seconds: 300, users: 200, day: 600, seed: 42, url: URL_HERE }
  assert.deepEqual(parseTrafficOptions([], URL_HERE), traffic)
})

test('what is given wins', () => {
  assert.equal(parseSeedOptions(['--posts-per-user', '0', '--users=3'], URL_HERE).postsPerUser, 0)
  const { url, rate } = parseTrafficOptions(['--url', 'https://api.example.com/', '--rate', '200'], URL_HERE)
  assert.deepEqual([url, rate], ['https://api.example.com', 200])
})

test('what makes no sense is refused by name', () => {
  assert.throws(() => parseTrafficOptions(['--users', '1'], URL_HERE), /--users is "1", .* from 2/)
  assert.throws(() => parseTrafficOptions(['--rate', '0.5'], URL_HERE), /--rate is "0.5"/)
  assert.throws(() => parseSeedOptions(['--url', 'localhost:8080'], URL_HERE), /--url is "localhost:8080"/)
  assert.throws(() => parseSeedOptions(['--rate', '20'], URL_HERE), /--rate.*\nUsage: npm run seed/s)
})
