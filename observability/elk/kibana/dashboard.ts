import { linesByTerms, linesOverTime, p95 } from './lens.ts'
import { asText, kql, ofDataView, savedObject, type Reference } from './saved-object.ts'
import { ONE_REQUEST } from './searches.ts'

const PANEL_VERSION = '8.11.0'
const SERVICE = { field: 'service.name', label: 'Service' }

const lenses = [
  linesOverTime('Levels over time', { field: 'log.level', label: 'Level', size: 4 }),
  linesOverTime('Lines per service', { ...SERVICE, size: 10 }),
  linesByTerms(
    'Errors',
    [
      { ...SERVICE, size: 10 },
      { field: 'event.action', label: 'What was done', size: 10 },
      { field: 'error.type', label: 'Type', size: 10 },
    ],
    'log.level: error',
  ),
  linesByTerms(
    'Slowest routes',
    [
      { ...SERVICE, size: 10 },
      { field: 'http.route', label: 'Route', size: 10 },
    ],
    'event.action: "http.request"',
    p95('event.duration', 'Duration, p95'),
  ),
]

const controls = [
  { id: 'service', title: 'Service', fieldName: 'service.name' },
  { id: 'level', title: 'Level', fieldName: 'log.level' },
  { id: 'correlation', title: 'Correlation id', fieldName: 'labels.correlation_id' },
]

const place = (index: number) => ({ x: (index % 2) * 24, y: Math.floor(index / 2) * 12, w: 24, h: 12 })

const panels = [
  ...lenses.map(({ attributes }, index) => ({
    version: PANEL_VERSION,
    type: 'lens',
    panelIndex: String(index),
    gridData: { ...place(index), i: String(index) },
    embeddableConfig: { attributes, enhancements: {} },
  })),
  {
    version: PANEL_VERSION,
    type: 'search',
    panelIndex: 'lines',
    panelRefName: 'panel_lines',
    gridData: { x: 0, y: 24, w: 48, h: 24, i: 'lines' },
    embeddableConfig: { enhancements: {} },
  },
]

const references: Reference[] = [
  ...lenses.flatMap((lens, index) => lens.references.map((own) => ({ ...own, name: `${index}:${own.name}` }))),
  { type: 'search', id: ONE_REQUEST, name: 'lines:panel_lines' },
  ...controls.map(({ id }) => ofDataView(`controlGroup_${id}:optionsListDataView`)),
]

export const dashboard = savedObject({
  type: 'dashboard',
  id: 'pharos-logs',
  references,
  attributes: {
    title: 'Pharos: logs',
    description:
      'How much the services say, what goes wrong, what is slow, and all lines of one request by its correlation id.',
    version: 1,
    timeRestore: true,
    timeFrom: 'now-30m',
    timeTo: 'now',
    refreshInterval: { pause: false, value: 10_000 },
    optionsJSON: asText({
      useMargins: true,
      syncColors: true,
      syncCursor: true,
      syncTooltips: false,
      hidePanelTitles: false,
    }),
    panelsJSON: asText(panels),
    controlGroupInput: {
      controlStyle: 'oneLine',
      chainingSystem: 'HIERARCHICAL',
      ignoreParentSettingsJSON: asText({
        ignoreFilters: false,
        ignoreQuery: false,
        ignoreTimerange: false,
        ignoreValidations: false,
      }),
      panelsJSON: asText(
        Object.fromEntries(
          controls.map(({ id, title, fieldName }, order) => [
            id,
            {
              order,
              width: 'medium',
              grow: true,
              type: 'optionsListControl',
              explicitInput: { id, title, fieldName, enhancements: {} },
            },
          ]),
        ),
      ),
    },
    kibanaSavedObjectMeta: { searchSourceJSON: asText({ query: kql(''), filter: [] }) },
  },
})
