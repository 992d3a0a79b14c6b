import { table } from '../local/progress.ts'
import type { Finding, Proof, Verdict } from './part.ts'

/** What came of one part, and how long it took. */
export type PartResult = Proof & { name: string; claim: string; seconds: number }

export type Report = {
  /** ISO time of the beginning. */
  date: string
  commit: string
  machine: { cpu: string; cores: number; memoryGigabytes: number; system: string; node: string }
  rules: 'real' | 'fast'
  seconds: number
  /** It was ended before it had come to its end. */
  stopped: boolean
  parts: readonly PartResult[]
}

type Tally = Record<Verdict, number>

const tally = (findings: readonly Finding[]): Tally => {
  const counts: Tally = { proven: 0, failed: 0, 'not proven': 0 }
  for (const { verdict } of findings) counts[verdict] += 1
  return counts
}

/** A part is proven when everything that it looked at is. */
export const verdictOf = ({ findings }: Pick<Proof, 'findings'>): Verdict => {
  const { failed, proven } = tally(findings)
  if (failed > 0) return 'failed'
  return proven > 0 && proven === findings.length ? 'proven' : 'not proven'
}

/** Nothing failed. What is not proven is said apart. */
export const isGood = ({ parts, stopped }: Report): boolean =>
  !stopped && parts.length > 0 && parts.every((part) => verdictOf(part) !== 'failed')

const countsOf = ({ findings }: PartResult): string => {
  const counts = tally(findings)
  const others = (['failed', 'not proven'] as const).filter((verdict) => counts[verdict] > 0)
  return [`${counts.proven} of ${findings.length}`, ...others.map((verdict) => `${counts[verdict]} ${verdict}`)].join(
    ', ',
  )
}

const figuresOf = ({ figures }: PartResult): string =>
  Object.entries(figures)
    .map(([name, value]) => `${name} ${typeof value === 'number' ? value.toLocaleString('en') : value}`)
    .join(' · ')

/** Minutes and seconds. */
export const duration = (seconds: number): string => {
  const whole = Math.round(seconds)
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}

const sentencesOf = (parts: readonly PartResult[], verdict: Verdict): string[] =>
  parts.flatMap(({ name, findings }) =>
    findings
      .filter((finding) => finding.verdict === verdict)
      .map(({ what, detail }) => `${name}: ${what}${detail === undefined ? '' : ` (${detail})`}`),
  )

const RULES = { real: 'the rules of alerts as they are', fast: 'rules of alerts with windows of a sixth' }

const conditionsOf = ({ date, commit, machine, rules, seconds }: Report): string =>
  [
    `${date.slice(0, 10)}, commit ${commit}`,
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGigabytes} GB, Node ${machine.node}`,
    RULES[rules],
    `took ${duration(seconds)}`,
  ].join('; ')

/** What the terminal shows at the end. */
export const renderSummary = (report: Report): string => {
  const { parts } = report
  const rows = parts.map((part) => [
    part.name,
    verdictOf(part),
    countsOf(part),
    duration(part.seconds),
    figuresOf(part),
  ])
  const failed = sentencesOf(parts, 'failed')
  const unproven = sentencesOf(parts, 'not proven')
  return [
    table([['part', 'result', 'findings', 'took', 'figures'], ...rows]),
    ...(failed.length === 0 ? [] : ['', 'Failed:', ...failed.map((sentence) => `  ✖ ${sentence}`)]),
    ...(unproven.length === 0 ? [] : ['', 'Not proven:', ...unproven.map((sentence) => `  – ${sentence}`)]),
  ].join('\n')
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ')

/** Rows of a Markdown table; the first one is the heading. */
export const markdownTable = ([heading = [], ...rows]: readonly (readonly string[])[]): string =>
  [heading, heading.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n')

/** The same as Markdown: claim, result and figures of each part, then what failed and what is not proven. */
export const renderMarkdown = (report: Report): string => {
  const { parts, stopped } = report
  const rows = parts.map((part) => [part.claim, `${verdictOf(part)} (${countsOf(part)})`, figuresOf(part)])
  const list = (heading: string, sentences: readonly string[]): string[] =>
    sentences.length === 0 ? [] : ['', heading, '', ...sentences.map((sentence) => `- ${cell(sentence)}`)]
  return [
    `\`npm run proof\`, ${conditionsOf(report)}.${stopped ? ' It was stopped before its end.' : ''}`,
    '',
    markdownTable([['claim', 'result', 'figures'], ...rows]),
    ...list('Failed:', sentencesOf(parts, 'failed')),
    ...list('Not proven on this machine:', sentencesOf(parts, 'not proven')),
    '',
  ].join('\n')
}
