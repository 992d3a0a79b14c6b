import { readFile } from 'node:fs/promises'
import { inParallel } from '../../traffic/sign-in.ts'
import type { Live } from '../part.ts'
import { elasticsearchTexts } from '../stores/elasticsearch.ts'
import { bugsinkTexts, spoolTexts } from '../stores/errors.ts'
import { filesIn } from '../stores/files.ts'
import type { Window } from '../stores/line.ts'
import { lokiTexts } from '../stores/loki.ts'
import type { StoreName } from '../stores/present.ts'
import { prometheusTexts } from '../stores/prometheus.ts'
import { traceText } from '../stores/tempo.ts'

const TRACES_AT_ONCE = 8

/** What is looked for: the requests that were marked, and when they were sent. */
export type Wanted = { window: Window; traceIds: readonly string[] }

/** A place where telemetry is kept, read as texts. */
export type Place = {
  name: string
  /** Where it comes from; undefined for files, which are always there. */
  store: StoreName | undefined
  /** How it is shown that the search finds what is there. */
  control: 'every marked request' | 'a marked trace' | 'every marked fault' | 'the watchdog'
  read(wanted: Wanted): Promise<string[]>
}

const filesOf = async (home: string, folder: string, likes: (name: string) => boolean): Promise<string[]> => {
  const files = await filesIn(home, folder, likes)
  return Promise.all(files.map((file) => readFile(file, 'utf8')))
}

/** Every place, store and file, of a run. Kafka is none: what is in it is data and no telemetry. */
export const placesOf = ({ settings, backEnds }: Live): Place[] => {
  const { home } = settings
  return [
    {
      name: 'Loki',
      store: 'loki',
      control: 'every marked request',
      read: ({ window }) => lokiTexts(backEnds.loki, window),
    },
    {
      name: 'Elasticsearch',
      store: 'elasticsearch',
      control: 'every marked request',
      read: ({ window }) => elasticsearchTexts(backEnds.elasticsearch, window),
    },
    {
      name: 'Tempo',
      store: 'tempo',
      control: 'every marked request',
      read: async ({ traceIds }) =>
        (await inParallel(traceIds, TRACES_AT_ONCE, (id) => traceText(backEnds.tempo, id))).map((text) => text ?? ''),
    },
    {
      name: 'Prometheus',
      store: 'prometheus',
      control: 'a marked trace',
      read: ({ window }) => prometheusTexts(backEnds.prometheus, window),
    },
    {
      name: 'the spool of errors',
      store: 'spool',
      control: 'every marked fault',
      read: () => spoolTexts(home, '{'),
    },
    {
      name: 'Bugsink',
      store: 'bugsink',
      control: 'every marked fault',
      read: async ({ window }) => bugsinkTexts(home, window.fromMs),
    },
    {
      name: 'the log files',
      store: undefined,
      control: 'every marked request',
      read: () => filesOf(home, 'logs', (name) => /\.log(\.\d+)?$/.test(name)),
    },
    {
      name: 'the files of traces',
      store: undefined,
      control: 'every marked request',
      read: () => filesOf(home, 'telemetry', (name) => name.startsWith('traces')),
    },
    {
      name: 'the journal of on-call',
      // It is told by Alertmanager, which comes and goes with Prometheus.
      store: 'prometheus',
      control: 'the watchdog',
      read: () => filesOf(home, 'telemetry', (name) => name.startsWith('oncall')),
    },
  ]
}
