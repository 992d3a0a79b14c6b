import { asText, kql, ofDataView, savedObject, type SavedObject } from './saved-object.ts'

const INDEX = 'kibanaSavedObjectMeta.searchSourceJSON.index'

export const ONE_REQUEST = 'pharos-one-request'

const search = ({
  id,
  title,
  description,
  query,
  columns,
  sort = ['@timestamp', 'desc'],
}: {
  readonly id: string
  readonly title: string
  readonly description: string
  readonly query: string
  readonly columns: readonly string[]
  readonly sort?: readonly [string, 'asc' | 'desc']
}): SavedObject =>
  savedObject({
    type: 'search',
    id,
    attributes: {
      title,
      description,
      columns,
      sort: [sort],
      hits: 0,
      version: 1,
      kibanaSavedObjectMeta: {
        searchSourceJSON: asText({
          highlightAll: true,
          version: true,
          query: kql(query),
          filter: [],
          indexRefName: INDEX,
        }),
      },
    },
    references: [ofDataView(INDEX)],
  })

export const searches: readonly SavedObject[] = [
  search({
    id: 'pharos-errors-by-service',
    title: 'Pharos: errors by service',
    description: 'Lines of faults, newest first. Group by service.name in the list of fields.',
    query: 'log.level: error',
    columns: ['service.name', 'event.action', 'error.type', 'message', 'http.route', 'trace.id'],
  }),
  search({
    id: ONE_REQUEST,
    title: 'Pharos: one request by its correlation id',
    description: 'Put the id in place of the star: every line of every service, in the order in which it happened.',
    query: 'labels.correlation_id: *',
    columns: ['service.name', 'log.level', 'message', 'event.duration', 'labels.correlation_id', 'trace.id'],
    sort: ['@timestamp', 'asc'],
  }),
  search({
    id: 'pharos-slow-requests',
    title: 'Pharos: slow requests',
    description: 'Requests above half a second (event.duration is in nanoseconds), slowest first.',
    query: 'event.action: "http.request" and event.duration >= 500000000',
    columns: [
      'service.name',
      'http.request.method',
      'http.route',
      'http.response.status_code',
      'event.duration',
      'trace.id',
    ],
    sort: ['event.duration', 'desc'],
  }),
  search({
    id: 'pharos-dead-letters',
    title: 'Pharos: dead letters',
    description:
      'Events that could not be handled and were put aside. `npm run dlq:list` shows those that are still there.',
    query: 'event.action: "messaging.dead-letter"',
    columns: [
      'service.name',
      'messaging.destination.name',
      'error.type',
      'message',
      'labels.correlation_id',
      'trace.id',
    ],
  }),
]
