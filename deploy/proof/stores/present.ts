import { readRunState, type PartState } from '../../local/run-state.ts'
import type { Settings } from '../../local/settings.ts'
import type { Live } from '../part.ts'

const TIMEOUT_MS = 5000

export type StoreName = 'tempo' | 'prometheus' | 'loki' | 'elasticsearch' | 'spool' | 'bugsink'

/** Without it nothing comes into these. */
const NEEDS_COLLECTOR: readonly StoreName[] = ['tempo', 'loki', 'elasticsearch']

const partOf = ({ home }: Settings, name: string): PartState | undefined =>
  readRunState(home)?.parts.find((part) => part.name === name)

const leftOut = (settings: Settings, name: string): string | undefined => {
  const part = partOf(settings, name)
  return part?.state === 'skipped' ? `${name} was left out: ${part.detail ?? 'the state does not say why'}` : undefined
}

/** Why nothing is collected: left out, not there yet, or not run from this checkout. */
const uncollected = (settings: Settings): string | undefined => {
  const state = partOf(settings, 'collector')?.state ?? 'not a part of this run'
  return leftOut(settings, 'collector') ?? (state === 'ready' ? undefined : `the collector is ${state}`)
}

const silence = async (name: string, url: string): Promise<string | undefined> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    await response.arrayBuffer()
    return response.ok ? undefined : `${name} answers ${response.status}`
  } catch {
    return `${name} does not answer at ${new URL(url).origin}`
  }
}

/** Why a store is not in this run, or undefined when it is. */
export type Absences = Readonly<Record<StoreName, string | undefined>>

/** Which stores are not in this run, and why. */
export const absencesIn = async ({ settings, backEnds }: Live): Promise<Absences> => {
  const bugsink = `http://127.0.0.1:${settings.ports.BUGSINK}`
  const doors: Record<Exclude<StoreName, 'spool'>, string> = {
    tempo: `${backEnds.tempo}/ready`,
    prometheus: `${backEnds.prometheus}/-/ready`,
    loki: `${backEnds.loki}/ready`,
    elasticsearch: `${backEnds.elasticsearch}/`,
    bugsink: `${bugsink}/health/ready`,
  }
  const collector = uncollected(settings)
  const absence = async (name: keyof typeof doors): Promise<string | undefined> =>
    leftOut(settings, name) ?? (NEEDS_COLLECTOR.includes(name) ? collector : undefined) ?? silence(name, doors[name])
  const [tempo, prometheus, loki, elasticsearch, tracker] = await Promise.all(
    (['tempo', 'prometheus', 'loki', 'elasticsearch', 'bugsink'] as const).map(absence),
  )
  const spool = partOf(settings, 'spool') === undefined ? 'no spool runs in this checkout' : undefined
  return { tempo, prometheus, loki, elasticsearch, spool, bugsink: tracker }
}
