import assert from 'node:assert/strict'
import { test } from 'node:test'
import { promqlOfVariable, readPromql } from './promql.ts'

const metricsOf = (expr: string): string[] => [...readPromql(expr).metrics].toSorted()

test('a metric is found wherever it stands, and nothing else is taken for one', () => {
  const cases: [string, string[]][] = [
    ['up', ['up']],
    ['sum by (service, le) (rate(a_bucket{route=~"x|y{2}"}[$__rate_interval]))', ['a_bucket']],
    ['sum(rate(a[5m])) by (service) / on (service) group_left (version) b', ['a', 'b']],
    ['slo:sli:ratio5m > 14.4 * 1e-3 and on () time() - c offset 1w > bool 2', ['c', 'slo:sli:ratio5m']],
    ['histogram_quantile(0.99, sum(rate(a_bucket[1m])))', ['a_bucket']],
    ['max by (x) (time() - A{job="count(b)"} and ignoring (alertstate) C{s=\'"(\'})', ['A', 'C']],
    ['count ({__name__="d", job=~".+"}) or vector(0)', ['d']],
    ['topk(10, e) unless max without (x) (f)', ['e', 'f']],
    ['label_replace(g{code="$1"}, "to", "${1}xx", "from", "(.)..")', ['g']],
    ['max_over_time(h[1h:$window]) > -Inf', ['h']],
  ]
  for (const [expr, metrics] of cases) assert.deepEqual(metricsOf(expr), metrics, expr)
})

test('windows are told of rates alone', () => {
  const { rateWindows } = readPromql('rate(a[$__rate_interval]) + increase(b{c="[9m]"}[5m]) + changes(d[1m]) + sum(e)')
  assert.deepEqual(rateWindows, ['$__rate_interval', '5m'])
})

test('brackets that do not match are refused', () => {
  for (const expr of ['sum(a', 'a)', 'a{b="c"', 'rate(a[5m)']) assert.throws(() => readPromql(expr), SyntaxError, expr)
})

test('the metric of a variable is found, its label is none', () => {
  assert.equal(promqlOfVariable('label_values(a{b=~"$c"}, d)'), 'a{b=~"$c"}')
  assert.equal(promqlOfVariable('query_result(sum(a))'), 'sum(a)')
  assert.equal(promqlOfVariable('label_values(job)'), '')
})
