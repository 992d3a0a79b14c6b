import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSettings } from '../local/settings.ts'
import { faultNamed } from './options.ts'
import { quizOf, renderChoices, renderVerdict } from './quiz.ts'
import { placeOfFault, renderFault, renderList } from './render.ts'
import { MATRIX } from './matrix/all.ts'

const settings = readSettings({ PHAROS_PORT_GRAFANA: '3300', PHAROS_PORT_ONCALL: '9995' })

test('the list has a line for each fault, with who tells', () => {
  const list = renderList(MATRIX)
  for (const { name } of MATRIX) assert.match(list, new RegExp(`^${name} `, 'm'))
  assert.match(list, /^redis-stopped +Redis answers nothing.* RedisDown of redis$/m)
  assert.match(list, new RegExp(`\\n${MATRIX.length} faults; `))
})

test('one fault is shown with its panel, its alerts, their runbooks and how it is made, at the addresses of this run', () => {
  const shown = renderFault(faultNamed('users-slow'), settings)
  assert.match(shown, /http:\/\/127\.0\.0\.1:3300\/d\/pharos-service\?var-service=users, panel "Latency p95 by route"/)
  assert.match(shown, /LatencyP99High of users, within 130 s/)
  assert.match(
    shown,
    /observability\/runbooks\/LatencyP99High\.md +http:\/\/127\.0\.0\.1:9995\/runbooks\/LatencyP99High\.md/,
  )
  assert.match(shown, /the flag http-delay of users is set to "slow"/)
  assert.match(shown, /may follow +LatencyBudgetBurn of users/)
})

test('a dashboard without a choice of service gets none', () =>
  assert.doesNotMatch(placeOfFault(faultNamed('redis-stopped'), settings), /var-service/))

test('every way of breaking is said in a sentence', () => {
  for (const fault of MATRIX) assert.match(renderFault(fault, settings), /\nhow {11}\S.{10}/)
})

test('a seed gives the same fault and the same five causes, and the cause is among them', () => {
  const names = (seed: number): string[] => quizOf(seed, MATRIX).choices.map(({ name }) => name)
  for (let seed = 0; seed < 50; seed += 1) {
    const { fault, choices } = quizOf(seed, MATRIX)
    assert.equal(new Set(choices).size, 5)
    assert.ok(choices.includes(fault))
    assert.deepEqual(names(seed), names(seed))
  }
  assert.ok(new Set(Array.from({ length: 50 }, (_, seed) => quizOf(seed, MATRIX).fault.name)).size > 20)
})

test('the question does not name the fault, and the verdict does', () => {
  const quiz = quizOf(3, MATRIX)
  assert.ok(!renderChoices(quiz).includes(quiz.fault.name))
  const right = quiz.choices.indexOf(quiz.fault) + 1
  assert.match(renderVerdict(quiz, { choice: right, seconds: 71.4, settings }), /^Right, after 71 s\. It was /)
  assert.match(renderVerdict(quiz, { choice: (right % 5) + 1, seconds: 9, settings }), /^Wrong, after 9 s\. It was /)
  assert.match(renderVerdict(quiz, { choice: 0, seconds: 9, settings }), /^Wrong/)
})
