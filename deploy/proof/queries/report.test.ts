import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Gathered } from './gather.ts'
import { writeReport } from './report.ts'
import { answeredWith, panelWith, seriesAnswer } from './view/fixtures.ts'

const panel = panelWith({ id: 7, title: 'Errors & </script>', defaults: { unit: 's' } })
const answered = answeredWith(panel, [
  {
    ...seriesAnswer([
      {},
      [
        [15, 0.5],
        [30, 0.7],
      ],
    ]),
    legend: '</script>',
  },
])

const gathered: Gathered = {
  range: { from: 0, to: 60, stepSeconds: 15 },
  texts: [],
  away: new Map([['tempo', 'connect ECONNREFUSED']]),
  dashboards: [
    {
      dashboard: {
        uid: 'd',
        title: 'D',
        folder: 'Platform',
        rows: [{ title: 'Row', panels: [panel] }],
        panels: [panel],
        variables: [],
        annotations: [],
      },
      chosen: new Map(),
      panels: [answered],
      annotations: [],
    },
  ],
}

test('a report is one page that needs no network, and nothing that was answered can break out of it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pharos-report-'))
  try {
    const claims = [
      {
        name: 'queries',
        claim: 'Every query is answered.',
        findings: [{ what: 'one that is not', verdict: 'failed' as const, detail: 'why; and why <not>' }],
        figures: { queries: 3 },
      },
    ]
    const faults = [
      {
        atMs: 20_000,
        level: 'warn',
        service: 'faults',
        message: 'users-slow injected',
        fields: { event_action: 'fault.injected', fault_name: 'users-slow' },
      },
    ]
    const html = await readFile(await writeReport({ folder, gathered, claims, faults }), 'utf8')
    assert.ok(!/(src|href)="?(https?:)?\/\//.test(html), 'it asks the network for something')
    assert.ok(!html.includes('import {'), 'a script in a page has nothing to import from')
    // The data, the library and our own.
    assert.equal(html.match(/<\/script>/g)?.length, 3)
    assert.match(html, /class="claim failed"/)
    assert.match(html, /one that is not<small>why<\/small><small>and why &lt;not&gt;<\/small>/)
    assert.match(html, /tempo did not answer/)
    const json = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)?.[1] ?? ''
    const data = JSON.parse(json) as {
      axes: number[][]
      charts: Record<string, { times: number; lines: { values: unknown[] }[] }>
      marks: Record<string, { lane: string; title: string; from: number }[]>
    }
    const chart = data.charts['d/7']
    assert.deepEqual(data.axes[chart?.times ?? -1], [0, 15, 30, 45, 60])
    assert.deepEqual(chart?.lines[0]?.values, [null, 0.5, 0.7, null, null])
    assert.deepEqual(
      data.marks['d']?.map(({ lane, title, from }) => [lane, title, from]),
      [['fault', 'users-slow', 20]],
    )
  } finally {
    await rm(folder, { recursive: true })
  }
})
