import type { PanelAnswer } from '../../../ops/queries/ask.ts'
import type { Answer } from '../../../ops/queries/answers.ts'
import type { FieldConfig, Panel, Target } from '../../../ops/queries/dashboards.ts'

/** A panel for tests, with nothing said about it but what is given. */
export const panelWith = (o: Partial<Panel> & { defaults?: FieldConfig } = {}): Panel => {
  const { defaults = {}, ...given } = o
  return {
    id: 1,
    title: 'Requests',
    type: 'timeseries',
    gridPos: { x: 0, y: 0, w: 12, h: 8 },
    targets: [],
    fieldConfig: { defaults, overrides: [] },
    ...given,
  }
}

const PROMETHEUS = { type: 'prometheus', uid: '${prometheus}' }

/** A panel with the answers to its queries, called A, B, C. */
export const answeredWith = (panel: Panel, answers: readonly (Answer & { legend?: string })[]): PanelAnswer => {
  const targets = answers.map((answer, i) => {
    const target: Target = {
      refId: String.fromCodePoint(65 + i),
      datasource: PROMETHEUS,
      ...(answer.legend !== undefined && { legendFormat: answer.legend }),
    }
    return { target, query: 'up', answer }
  })
  return {
    panel: { ...panel, targets: targets.map(({ target }) => target) },
    found: answers.length,
    faults: [],
    targets,
  }
}

type Points = readonly (readonly [number, number])[]

/** An answer of numbers, each series by its labels. */
export const seriesAnswer = (...series: [Readonly<Record<string, string>>, Points][]): Answer => ({
  kind: 'series',
  series: series.map(([labels, points]) => ({ labels, points })),
})
