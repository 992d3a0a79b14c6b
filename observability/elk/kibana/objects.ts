import { dashboard } from './dashboard.ts'
import { asText, DATA_VIEW, savedObject, type SavedObject } from './saved-object.ts'
import { searches } from './searches.ts'

/** Where a click on an id leads: all of its request, in Grafana. */
const toRequest = {
  id: 'url',
  params: {
    urlTemplate: 'http://127.0.0.1:3000/d/pharos-request?var-id={{value}}',
    labelTemplate: '{{value}}',
    openLinkInCurrentTab: false,
  },
}

const dataView = savedObject({
  type: 'index-pattern',
  id: DATA_VIEW,
  attributes: {
    title: 'logs-pharos-*',
    name: 'Pharos logs',
    timeFieldName: '@timestamp',
    fields: '[]',
    typeMeta: '{}',
    runtimeFieldMap: '{}',
    fieldAttrs: '{}',
    fieldFormatMap: asText({
      'event.duration': {
        id: 'duration',
        params: { inputFormat: 'nanoseconds', outputFormat: 'asMilliseconds', outputPrecision: 1, showSuffix: true },
      },
      'trace.id': toRequest,
      'labels.correlation_id': toRequest,
    }),
  },
})

/** What is imported, those first that others refer to. */
const objects: readonly SavedObject[] = [dataView, ...searches, dashboard]

/** The file: one object a line. */
export const ndjson = (): string => `${objects.map((object) => JSON.stringify(object)).join('\n')}\n`
