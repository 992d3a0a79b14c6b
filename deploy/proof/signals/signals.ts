import { SERVICE_NAMES, type ServiceName } from '../../local/services.ts'
import { openCaller, type Caller, type Sent } from '../join/caller.ts'
import { statusOf } from '../join/expectations.ts'
import { takesFaults, whileFailing } from '../join/flag.ts'
import { join } from '../join/people.ts'
import { newMark } from '../join/population.ts'
import type { Live, Part, Proof } from '../part.ts'
import { absencesIn, type Absences } from '../stores/present.ts'
import { lookUntil } from '../stores/until.ts'
import { COLUMNS, countedBy, looksFor, SOURCE, type Column, type Look } from './looks.ts'
import { findingsOf, tableOf, type Cell, type Matrix } from './matrix.ts'
import { probesOf, type Probe } from './probes.ts'

const PATIENCE_MS = 25_000
const EVERY_MS = 250
/** Of a bucket's requests between two scrapes only the last is an exemplar, so others may be in the way. */
const MOST_TRIES = 5
const TRY_FOR_MS = 7000

const NO_FAULTS = 'the services run without FAULTS=on, which lets them be made to fail'

const secondsSince = ({ answeredMs }: Sent): number => (Date.now() - answeredMs) / 1000

/** Looks for a sign of a request until it is there. */
const watch = async (live: Live, sent: Sent, look: Look, withinMs = PATIENCE_MS): Promise<Cell> => {
  try {
    const come = await lookUntil(look, (seen) => seen, { withinMs, everyMs: EVERY_MS, signal: live.signal })
    return come ? { seconds: secondsSince(sent) } : { failed: `not there after ${secondsSince(sent).toFixed(0)} s` }
  } catch (error) {
    live.signal.throwIfAborted()
    return { failed: error instanceof Error ? error.message : String(error) }
  }
}

type Asked = { sent: Sent; looks: Readonly<Record<Column, Look>>; fault: string | undefined }

const askWell = async (live: Live, caller: Caller, service: ServiceName, probe: Probe): Promise<Asked> => {
  const { operation, ask, well } = probe
  // Without Prometheus nothing is counted, which its column says.
  const counted = await countedBy(live, service, operation, statusOf(well)).catch(() => 0)
  return asked(live, service, probe, await caller.send(well, operation, ask), counted)
}

const askFailing = (live: Live, caller: Caller, service: ServiceName, probe: Probe): Promise<Asked> =>
  whileFailing(live, service, async () => {
    const sent = await caller.send(probe.failing, probe.operation, { ...probe.ask, faulted: service })
    return asked(live, service, probe, sent, 0)
  })

const asked = (live: Live, service: ServiceName, { operation }: Probe, sent: Sent, counted: number): Asked => {
  const isRight = sent.status === statusOf(sent.what)
  const fault = isRight ? undefined : `${sent.what} was answered ${sent.status ?? 'not at all'}`
  return { sent, looks: looksFor(live, service, { operation, sent, counted }), fault }
}

const watchExemplar = async (live: Live, first: Asked, again: () => Promise<Asked>): Promise<Cell> => {
  let cell: Cell = { failed: 'was not tried' }
  let { sent, looks } = first
  for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
    cell = await watch(live, sent, looks.exemplars, TRY_FOR_MS)
    if ('seconds' in cell) return cell
    ;({ sent, looks } = await again())
  }
  return cell
}

const rowOf = async (
  live: Live,
  o: { caller: Caller; service: ServiceName; probe: Probe; absences: Absences; faults: boolean },
): Promise<Readonly<Record<Column, Cell>>> => {
  const { caller, service, probe, absences, faults } = o
  const well = await askWell(live, caller, service, probe)
  const failing = faults ? await askFailing(live, caller, service, probe) : undefined
  const cellOf = async (column: Column): Promise<Cell> => {
    const { store, of } = SOURCE[column]
    const absent = absences[store]
    if (absent !== undefined) return { absent }
    const request = of === 'well' ? well : failing
    if (request === undefined) return { absent: NO_FAULTS }
    if (request.fault !== undefined) return { failed: request.fault }
    if (column === 'exemplars') return watchExemplar(live, request, () => askWell(live, caller, service, probe))
    return watch(live, request.sent, request.looks[column])
  }
  const cells = await Promise.all(COLUMNS.map(async (column) => [column, await cellOf(column)] as const))
  return Object.fromEntries(cells) as Record<Column, Cell>
}

const prove = async (live: Live): Promise<Proof> => {
  const absences = await absencesIn(live)
  const faults = await takesFaults(live)
  await using caller = openCaller({ url: live.api, mark: newMark('signals') })
  const probes = probesOf(await join(caller))
  const matrix = new Map<ServiceName, Readonly<Record<Column, Cell>>>()
  for (const service of SERVICE_NAMES) {
    matrix.set(service, await rowOf(live, { caller, service, probe: probes[service], absences, faults }))
    live.say('signals', `${service} is looked at`)
  }
  return { findings: findingsOf(matrix), figures: figuresOf(matrix), table: tableOf(matrix) }
}

const figuresOf = (matrix: Matrix): Proof['figures'] => {
  const seconds = [...matrix.values()].flatMap((row) =>
    COLUMNS.flatMap((column) => ('seconds' in row[column] ? [row[column].seconds] : [])),
  )
  return {
    'signals that came': seconds.length,
    'signals in all': matrix.size * COLUMNS.length,
    ...(seconds.length > 0 && { 'slowest (s)': Number(Math.max(...seconds).toFixed(1)) }),
  }
}

/** Every service emits every signal, and each arrives where one would look for it. */
export const signalsPart: Part = {
  name: 'signals',
  claim: 'Every service emits every signal, and each is in its store within 15 seconds.',
  prove,
}
