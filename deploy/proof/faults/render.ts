import { markdownTable } from '../report.ts'
import type { JudgedTrial } from './judge.ts'
import { detections, medianOf } from './judge.ts'

const seconds = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(1))

/** Of several alerts, the last one: by then all had come so far. */
const lastOf = ({ alerts }: JudgedTrial, step: 'pending' | 'firing' | 'delivered' | 'resolved'): number | undefined => {
  const times = alerts.map((alert) => alert[step])
  return times.includes(undefined) ? undefined : Math.max(...times.map((time) => time ?? 0))
}

const HEADING = [
  'fault',
  'alert',
  'SLI moved, s',
  'pending',
  'firing',
  'delivered',
  'repaired after',
  'resolved',
  'verdict',
]

/** A heading, and a row for each fault; times are seconds since it was made. */
export const faultTable = (trials: readonly JudgedTrial[]): string[][] => [
  HEADING,
  ...trials.map((trial) => [
    trial.fault,
    trial.alerts.map(({ alert, service }) => `${alert} (${service})`).join(', '),
    seconds(trial.sliMoved),
    ...(['pending', 'firing', 'delivered'] as const).map((step) => seconds(lastOf(trial, step))),
    seconds(trial.repairedAfter),
    seconds(trial.resolvedAfter),
    trial.verdict,
  ]),
]

/** What the terminal says when a fault is over. */
export const faultLine = (trial: JudgedTrial): string => {
  const steps = {
    SLI: trial.sliMoved,
    pending: lastOf(trial, 'pending'),
    firing: lastOf(trial, 'firing'),
    delivered: lastOf(trial, 'delivered'),
    resolved: trial.resolvedAfter,
  }
  const words = Object.entries(steps).map(([name, value]) => `${name} ${value === undefined ? '–' : `${value} s`}`)
  return [`${trial.fault} ${trial.verdict}: ${words.join(', ')}`, ...trial.reasons].join('; ')
}

const rounded = (value: number | undefined): string | number => (value === undefined ? '–' : Math.round(value))

/** The figures of all faults together. */
export const faultFigures = (trials: readonly JudgedTrial[]): Record<string, string | number> => {
  const tried = trials.filter(({ sliMoved, repairedAfter }) => sliMoved !== undefined || repairedAfter !== undefined)
  const delivered = tried.flatMap((trial) => lastOf(trial, 'delivered') ?? [])
  return {
    faults: trials.length,
    proven: trials.filter(({ verdict }) => verdict === 'proven').length,
    'false alarms': trials.reduce((sum, { falseAlarms }) => sum + falseAlarms.length, 0),
    'median seconds until the indicator moved': rounded(medianOf(tried.flatMap(({ sliMoved }) => sliMoved ?? []))),
    'median seconds until a hard fault fires': rounded(medianOf(detections(trials))),
    'median seconds until delivered': rounded(medianOf(delivered)),
  }
}

const notesOf = ({ fault, reasons, inhibited, followed }: JudgedTrial): string[] => [
  ...reasons.map((reason) => `- **${fault}**: ${reason}`),
  ...(inhibited.length === 0
    ? []
    : [`- ${fault}: fired and kept back, because a cause was told: ${inhibited.join(', ')}`]),
  ...(followed.length === 0 ? [] : [`- ${fault}: delivered as well, as it may: ${followed.join(', ')}`]),
]

/** The table and what is to be said of it as Markdown. `rules` are those in force. */
export const faultMarkdown = (trials: readonly JudgedTrial[], rules: 'real' | 'fast'): string => {
  const notes = trials.flatMap(notesOf)
  return [
    '# Faults',
    '',
    `Seconds since each fault was made, with ${rules === 'real' ? 'the rules as they are' : 'rules whose windows are a sixth of the real ones'}.`,
    'Of several alerts the last one counts.',
    '',
    markdownTable(faultTable(trials)),
    ...(notes.length === 0 ? [] : ['', ...notes]),
    '',
  ].join('\n')
}
